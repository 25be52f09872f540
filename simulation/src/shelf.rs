//! The objects for sale, and a publisher who replaces them.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream;
use merchant::decisions::faults::ContentFault;
use merchant::decisions::object::{ObjectFacts, Want};
use merchant::decisions::records::ObjectPin;
use merchant::ports::{Content, Opened};

use crate::mutation::Mutation;
use crate::world::{Sim, World};

/// What the storage holds: the newest version of each object, and whether it is still there.
#[derive(Default)]
pub(crate) struct Objects {
    pub(crate) newest: BTreeMap<String, u64>,
    pub(crate) withdrawn: BTreeMap<String, bool>,
}

/// The port of one merchant's process.
pub(crate) struct Shelf(pub(crate) Sim);

impl Content for Shelf {
    async fn open(&self, key: &str, _: &Want) -> Result<Opened, ContentFault> {
        let key = key.to_owned();
        let asked = self.0.with(|world| {
            world.post(move |world, back| {
                let found = newest(world, &key);
                back.send(world, found);
            })
        });
        let pin = asked.await.map_err(|lost| ContentFault::Unavailable(format!("{lost:?}")))??;
        Ok(opened(pin))
    }

    async fn reopen(&self, pin: &ObjectPin, want: &Want) -> Result<Opened, ContentFault> {
        if self.0.with(|world| world.mutation == Some(Mutation::AnyVersion)) {
            return self.open(&pin.key, want).await;
        }
        let pin = pin.clone();
        let asked = self.0.with(|world| {
            world.post(move |world, back| {
                // Where the storage keeps versions, what was sold outlives its replacement.
                let kept = world.scenario.versions.then(|| Ok(pin.clone()));
                let found = kept.unwrap_or_else(|| newest(world, &pin.key));
                let found = found
                    .and_then(|now| if now == pin { Ok(now) } else { Err(ContentFault::Replaced) });
                back.send(world, found);
            })
        });
        let pin = asked.await.map_err(|lost| ContentFault::Unavailable(format!("{lost:?}")))??;
        Ok(opened(pin))
    }
}

fn newest(world: &World, key: &str) -> Result<ObjectPin, ContentFault> {
    let Some(version) = world.objects.newest.get(key) else { return Err(ContentFault::Missing) };
    if world.objects.withdrawn.get(key) == Some(&true) {
        return Err(ContentFault::Missing);
    }
    let etag = Some(format!("\"{key}@{version}\""));
    let kept = world.scenario.versions.then(|| version.to_string());
    Ok(ObjectPin { key: key.to_owned(), size: 8, etag, version: kept })
}

/// The bytes say which version of which object they are.
fn opened(pin: ObjectPin) -> Opened {
    let bytes = Bytes::from(pin.etag.clone().unwrap_or_default());
    let facts = ObjectFacts { range: 0..pin.size, pin, ..ObjectFacts::default() };
    Opened { facts, body: stream::iter([Ok(bytes)]).boxed() }
}
