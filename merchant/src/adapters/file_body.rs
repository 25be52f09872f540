//! The bytes of an opened file, in chunks large enough that reading is not what costs.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;

use bytes::Bytes;
use futures_util::stream::{self, Stream};

use crate::decisions::faults::ContentFault;

/// One read: large enough for disks, small enough for thousands of readers.
const CHUNK_BYTES: u64 = 64 * 1024;

/// Exactly the bytes of the range, or an error: a file that was cut short since it was opened must
/// not pass for a whole one.
pub fn stream(file: File, range: Range<u64>) -> impl Stream<Item = Result<Bytes, ContentFault>> {
    let start = Some((file, range));
    stream::unfold(start, |state| async move {
        let (file, range) = state?;
        if range.is_empty() {
            return None;
        }
        let chunk = tokio::task::spawn_blocking(move || read(file, range)).await;
        match chunk {
            Ok(Ok((bytes, file, rest))) => Some((Ok(bytes), Some((file, rest)))),
            Ok(Err(error)) => Some((Err(ContentFault::Unavailable(error.to_string())), None)),
            Err(error) => Some((Err(ContentFault::Unavailable(error.to_string())), None)),
        }
    })
}

/// The same at once, for few of them.
pub(super) fn whole(file: &File, range: Range<u64>) -> std::io::Result<Bytes> {
    let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or_default()];
    file.read_exact_at(&mut bytes, range.start)?;
    Ok(bytes.into())
}

fn read(mut file: File, range: Range<u64>) -> std::io::Result<(Bytes, File, Range<u64>)> {
    let count = (range.end - range.start).min(CHUNK_BYTES);
    let mut chunk = vec![0; usize::try_from(count).unwrap_or_default()];
    file.seek(SeekFrom::Start(range.start))?;
    file.read_exact(&mut chunk)?;
    Ok((chunk.into(), file, range.start + count..range.end))
}
