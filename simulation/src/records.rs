//! The ledger's storage: creates and reads over a network that loses, delays and repeats. The
//! merchant's own ledger adapter runs on top of it.

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{
    Attributes, CopyOptions, Error, GetOptions, GetResult, GetResultPayload, ListResult,
    MultipartUpload, ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload,
    PutResult, Result,
};

use http::Extensions;

use crate::mutation::Mutation;
use crate::network::Lost;
use crate::world::{Sim, World};

/// The store as one merchant's process reaches it.
pub(crate) struct Records(pub(crate) Sim);

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Records")
    }
}

impl fmt::Display for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("simulated records")
    }
}

#[async_trait]
impl ObjectStore for Records {
    async fn put_opts(&self, at: &Path, payload: PutPayload, _: PutOptions) -> Result<PutResult> {
        let name = at.as_ref().to_owned();
        let unbound = self.0.with(|world| world.mutation == Some(Mutation::BindingSkipped));
        if unbound && name.starts_with("transactions/") {
            return Ok(PutResult { e_tag: None, version: None, extensions: Extensions::default() });
        }
        let bytes = Bytes::from(payload);
        let asked = self.0.with(|world| {
            let (put, task) = (name.clone(), world.task);
            world.post(move |world, back| {
                let created = create(world, &put, &bytes, task);
                back.send(world, created);
            })
        });
        match asked.await {
            Ok(true) => {
                Ok(PutResult { e_tag: None, version: None, extensions: Extensions::default() })
            }
            Ok(false) => Err(Error::AlreadyExists { path: name, source: "exists".into() }),
            Err(lost) => Err(down(lost)),
        }
    }

    async fn get_opts(&self, at: &Path, _: GetOptions) -> Result<GetResult> {
        let name = at.as_ref().to_owned();
        let asked = self.0.with(|world| {
            let name = name.clone();
            world.post(move |world, back| {
                let found = world.records.get(&name).cloned();
                back.send(world, found);
            })
        });
        let Some(bytes) = asked.await.map_err(down)? else {
            return Err(Error::NotFound { path: name, source: "no such record".into() });
        };
        let meta = meta(at.clone(), bytes.len() as u64);
        let range = 0..meta.size;
        let payload = GetResultPayload::Stream(stream::iter([Ok(bytes)]).boxed());
        let attributes = Attributes::default();
        Ok(GetResult { payload, meta, range, attributes, extensions: Extensions::default() })
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let prefix = format!("{}/", prefix.map(Path::as_ref).unwrap_or_default());
        let sim = self.0.clone();
        let listing = async move {
            let asked = sim.with(|world| {
                world.post(move |world, back| {
                    let from = world.records.range(prefix.clone()..);
                    let names = from.map(|(name, _)| name.clone());
                    let names = names.take_while(|it| it.starts_with(&prefix)).collect();
                    back.send(world, names);
                })
            });
            let names: Vec<String> = asked.await.map_err(down)?;
            Ok::<_, Error>(stream::iter(names.into_iter().map(|it| Ok(meta(Path::parse(it)?, 0)))))
        };
        stream::once(listing).try_flatten().boxed()
    }

    async fn put_multipart_opts(
        &self,
        _: &Path,
        _: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented { operation: "multipart".into(), implementer: self.to_string() })
    }

    fn delete_stream(
        &self,
        _: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        panic!("the ledger deletes nothing");
    }

    async fn list_with_delimiter(&self, _: Option<&Path>) -> Result<ListResult> {
        Err(Error::NotImplemented { operation: "list".into(), implementer: self.to_string() })
    }

    async fn copy_opts(&self, _: &Path, _: &Path, _: CopyOptions) -> Result<()> {
        Err(Error::NotImplemented { operation: "copy".into(), implementer: self.to_string() })
    }
}

/// `If-None-Match: *`: one of any number of creates wins. And what S3 does besides: a conflict that
/// nobody won.
fn create(world: &mut World, name: &str, bytes: &Bytes, task: u64) -> bool {
    let conflict = world.troubled() && world.chance.permille(world.scenario.conflicts);
    if conflict || world.records.contains_key(name) {
        return false;
    }
    world.note(|| format!("ledger: {name}"));
    world.records.insert(name.to_owned(), bytes.clone());
    world.recorded(name, task);
    true
}

fn meta(location: Path, size: u64) -> ObjectMeta {
    let last_modified = DateTime::<Utc>::UNIX_EPOCH;
    ObjectMeta { location, last_modified, size, e_tag: None, version: None }
}

fn down(lost: Lost) -> Error {
    Error::Generic { store: "simulated", source: format!("{lost:?}").into() }
}
