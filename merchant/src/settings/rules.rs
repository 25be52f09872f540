//! When the chain is asked about a settlement, through whom, and for how long a bought object is
//! sent again. Asks nobody.

use std::collections::HashMap;
use std::time::Duration;

use url::Url;
use wire::Network;

use super::limits::Range;
use super::{SettingsError, document, origin};
use crate::decisions::recall::Redelivery;
use crate::walk::{Onchain, Rules};

/// Endpoints for one network: more only make agreement harder.
const ENDPOINTS_MAX: usize = 4;

/// A day is longer than any retry; chain watchers have no use for a name that is not on the chain,
/// but names leak.
const WINDOW_SECONDS: Range =
    Range { key: "redelivery.window_seconds", min: 0, default: 900, max: 86_400, unit: "seconds" };
/// An address is a weak proof: many can share one.
const SAME_CLIENT_SECONDS: Range = Range {
    key: "redelivery.same_client_seconds",
    min: 0,
    default: 120,
    max: 900,
    unit: "seconds",
};

/// The rules of doubt and redelivery.
pub(super) fn rules(written: &document::Document) -> Result<Rules, SettingsError> {
    let onchain = match written.onchain.verify.as_deref() {
        None | Some("doubt") => Onchain::Doubt,
        Some("off") => Onchain::Off,
        Some("always") => Onchain::Always,
        Some(other) => {
            let problem = format!("is {other:?}");
            let remedy = "write \"doubt\", \"always\" or \"off\"";
            return Err(SettingsError::new("onchain.verify", problem, remedy));
        }
    };
    let seconds = |range: &Range, written| range.read(written).map(Duration::from_secs);
    let same_client = seconds(&SAME_CLIENT_SECONDS, written.redelivery.same_client_seconds)?;
    Ok(Rules {
        onchain,
        redelivery: Redelivery {
            window: seconds(&WINDOW_SECONDS, written.redelivery.window_seconds)?,
            same_client: (!same_client.is_zero()).then_some(same_client),
        },
    })
}

/// The RPC endpoints by chain id. Where none is named, Base and Base Sepolia have their public ones,
/// unless the facilitator is on this machine: its chain is then most likely not the real one.
pub(super) fn endpoints(
    written: &document::Document,
    local_facilitator: bool,
) -> Result<HashMap<u64, Vec<Url>>, SettingsError> {
    const KEY: &str = "onchain.rpc";
    let mut endpoints: HashMap<u64, Vec<Url>> = HashMap::new();
    for text in written.onchain.rpc.iter().flatten() {
        let wrong = |problem: &str| {
            let remedy = "write the network, an equals sign and the URL: \"base=https://…\"";
            SettingsError::new(KEY, format!("{text:?} {problem}"), remedy)
        };
        let (network, url) = text.split_once('=').ok_or_else(|| wrong("names no network"))?;
        let chain = Network::parse_any(network).ok().and_then(|it| it.chain_id());
        let chain = chain.ok_or_else(|| wrong("names a network that is not an EVM chain"))?;
        let of_chain = endpoints.entry(chain).or_default();
        of_chain.push(origin::base(KEY, url)?);
        if of_chain.len() > ENDPOINTS_MAX {
            return Err(wrong("is one endpoint too many for its network"));
        }
    }
    if written.onchain.rpc.is_none() && !local_facilitator {
        for known in wire::networks::NETWORKS.iter().filter(|it| PUBLIC.contains(&it.chain_id)) {
            if let Ok(url) = Url::parse(known.rpc_url) {
                endpoints.insert(known.chain_id, vec![url]);
            }
        }
    }
    Ok(endpoints)
}

/// Base and Base Sepolia.
const PUBLIC: [u64; 2] = [8453, 84532];
