//! The configuration as it is written, before anything is believed. Every member is optional here:
//! what is missing is said in the words of the module that needs it.

use serde::Deserialize;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Document {
    /// Scheme, host and port under which payers reach the files.
    pub(super) public_url: Option<String>,
    /// The address that is paid.
    pub(super) pay_to: Option<String>,
    /// The networks on which every price is offered.
    pub(super) networks: Option<Vec<String>>,
    /// Are version 1 payers served?
    pub(super) v1: Option<bool>,
    /// The objects.
    pub(super) content: Content,
    /// The payments.
    pub(super) ledger: Ledger,
    /// The facilitator.
    pub(super) facilitator: Facilitator,
    /// The payers.
    pub(super) client: Client,
    /// The chain.
    pub(super) onchain: OnchainSection,
    /// What was bought before.
    pub(super) redelivery: RedeliverySection,
    /// The HTTP server.
    pub(super) server: Server,
    /// What is said about the whole.
    pub(super) discovery: Discovery,
    /// Bounds.
    pub(super) limits: Limits,
    /// What is sold and what is given away.
    pub(super) routes: Vec<Route>,
}

/// `[content]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Content {
    /// Where the objects are.
    pub(super) url: Option<String>,
    /// Larger objects are handed over by the storage itself.
    pub(super) redirect_above: Option<i64>,
}

/// `[ledger]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Ledger {
    /// Where payments are remembered.
    pub(super) url: Option<String>,
    /// Are records forced to the disk?
    pub(super) fsync: Option<bool>,
}

/// `[facilitator]`. Without `Debug`: it holds the token.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Facilitator {
    /// Its base URL, or the name of a known one.
    pub(super) url: Option<String>,
    /// Bearer token.
    pub(super) token: Option<String>,
    /// Name of an API key that signs each request.
    pub(super) key_id: Option<String>,
    /// The key itself.
    pub(super) key_secret: Option<String>,
    /// Further headers.
    pub(super) headers: Option<Vec<String>>,
    /// Those that stand in for it.
    pub(super) fallbacks: Vec<Fallback>,
}

/// `[[facilitator.fallbacks]]`. Without `Debug`, too.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fallback {
    /// Its base URL, or the name of a known one.
    pub(super) url: Option<String>,
    /// Bearer token.
    pub(super) token: Option<String>,
    /// Name of an API key that signs each request.
    pub(super) key_id: Option<String>,
    /// The key itself.
    pub(super) key_secret: Option<String>,
    /// Further headers.
    pub(super) headers: Option<Vec<String>>,
}

/// `[client]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Client {
    /// Where a payer's address is read.
    pub(super) address: Option<String>,
}

/// `[onchain]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct OnchainSection {
    /// When the chain is asked about a settlement.
    pub(super) verify: Option<String>,
    /// Through whom, by network.
    pub(super) rpc: Option<Vec<String>>,
}

/// `[redelivery]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RedeliverySection {
    /// For how long a payment identifier is a proof.
    pub(super) window_seconds: Option<i64>,
    /// For how long a client address is.
    pub(super) same_client_seconds: Option<i64>,
}

/// `[server]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Server {
    /// Address and port to listen on.
    pub(super) listen: Option<String>,
}

/// `[discovery]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Discovery {
    /// Is `/openapi.json` published?
    pub(super) openapi: Option<bool>,
    /// Is `/.well-known/x402` published?
    pub(super) well_known: Option<bool>,
    /// Is `/llms.txt` published?
    pub(super) llms: Option<bool>,
    /// Is `/robots.txt` published?
    pub(super) robots: Option<bool>,
    /// Does a person get a page with the 402?
    pub(super) page: Option<bool>,
    /// Are facilitators asked to list what is sold?
    pub(super) bazaar: Option<bool>,
    /// The operator's code of ERC-8021.
    pub(super) builder_code: Option<String>,
}

/// `[limits]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Limits {
    /// How long a payment may stay valid.
    pub(super) max_timeout_seconds: Option<i64>,
    /// Connections at once.
    pub(super) connections: Option<i64>,
    /// Paid requests at once.
    pub(super) sales: Option<i64>,
    /// A request's line and headers together.
    pub(super) header_bytes: Option<i64>,
    /// How long a request's headers may take to arrive.
    pub(super) header_timeout_seconds: Option<i64>,
    /// How long a client may take nothing of what is being sent.
    pub(super) send_timeout_seconds: Option<i64>,
    /// How long running requests may take to end when the server is told to stop.
    pub(super) shutdown_seconds: Option<i64>,
}

/// `[[routes]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Route {
    /// The prefix of the paths that the route covers.
    pub(super) path: Option<String>,
    /// What an object costs.
    pub(super) price: Option<String>,
    /// Are the objects given away?
    pub(super) free: Option<bool>,
    /// What is for sale, for people and catalogues.
    pub(super) description: Option<String>,
    /// Media type of the objects.
    pub(super) mime_type: Option<String>,
    /// Is the facilitator asked to list these?
    pub(super) bazaar: Option<bool>,
    /// An object of the route, in JSON.
    pub(super) example: Option<String>,
    /// Other networks than the rest.
    pub(super) networks: Option<Vec<String>>,
    /// Another payee than the rest.
    pub(super) pay_to: Option<String>,
    /// The least that an object may ask for itself, in its metadata.
    pub(super) price_min: Option<String>,
    /// The most that it may.
    pub(super) price_max: Option<String>,
    /// Prices of their own for some names.
    pub(super) prices: Vec<PriceRule>,
    /// Further offers.
    pub(super) accepts: Vec<Accept>,
}

/// `[[routes.prices]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PriceRule {
    /// The form of the names.
    pub(super) files: Option<String>,
    /// What one of these costs.
    pub(super) price: Option<String>,
    /// Are these given away?
    pub(super) free: Option<bool>,
}

/// `[[routes.accepts]]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Accept {
    /// The network of the offer.
    pub(super) network: Option<String>,
    /// What an object costs there.
    pub(super) price: Option<String>,
    /// Another payee than the route's.
    pub(super) pay_to: Option<String>,
    /// The token, where it is not the network's own dollar.
    pub(super) asset: Option<Asset>,
}

/// `[routes.accepts.asset]`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Asset {
    /// The token's contract.
    pub(super) address: Option<String>,
    /// Its ticker in prices.
    pub(super) symbol: Option<String>,
    /// Decimal places of its atomic amount.
    pub(super) decimals: Option<i64>,
    /// Its EIP-712 name.
    pub(super) name: Option<String>,
    /// Its EIP-712 version.
    pub(super) version: Option<String>,
}

impl std::fmt::Debug for Facilitator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Facilitator").field("url", &self.url).finish_non_exhaustive()
    }
}
