//! The facilitator's first call, made before anyone waits for it: it opens the connection that the
//! first payment needs, and tells early that something offered will never be settled. Stops nothing:
//! challenges and free files need no facilitator.

use std::path::Path;

use wire::exact::EXACT;
use wire::facilitator::SupportedResponse;
use wire::{Message, Network};

use crate::adapters::facilitator::HttpFacilitator;
use crate::decisions::budget;
use crate::settings::Settings;

/// What `/supported` said when the package was made. May be missing.
const SNAPSHOT: &str = "supported.json";

/// The networks on which something is offered.
pub(super) struct Offers(Vec<Network>);

impl Offers {
    pub(super) fn of(settings: &Settings) -> Self {
        let offers = settings.routes.iter().flat_map(|it| &it.offers);
        let mut networks: Vec<Network> = Vec::new();
        for offer in offers {
            let network = &offer.offer.requirements().network;
            if !networks.contains(network) {
                networks.push(network.clone());
            }
        }
        Self(networks)
    }

    fn compare(&self, supported: &SupportedResponse, source: &str) {
        for network in self.0.iter().filter(|it| !supported.settles(EXACT, it)) {
            tracing::error!(%network, source, "the facilitator does not settle what is offered");
        }
    }
}

/// Compares with the snapshot, and asks the facilitator in the background.
pub(super) fn begin(package: &Path, offers: Offers, facilitators: Vec<HttpFacilitator>) {
    if offers.0.is_empty() {
        return;
    }
    let snapshot = std::fs::read(package.join(SNAPSHOT)).ok();
    if let Some(supported) = snapshot.and_then(|it| SupportedResponse::from_json(&it).ok()) {
        offers.compare(&supported, SNAPSHOT);
    }
    tokio::spawn(async move {
        for facilitator in facilitators {
            match facilitator.supported(budget::VERIFY).await {
                Ok(supported) => offers.compare(&supported, "the facilitator"),
                Err(fault) => tracing::warn!(?fault, "the facilitator does not answer yet"),
            }
        }
    });
}
