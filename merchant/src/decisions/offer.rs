//! What the merchant wants for a resource: the offers of a route, and the challenge that states
//! them, rendered when the configuration is read.

use std::time::Duration;

use http::HeaderMap;
use serde_json::{Map, Value};
use wire::eip712::TokenDomain;
use wire::{Address, AtomicAmount, Message, Network, v1, v2};

use crate::decisions::codes::Code;
use crate::decisions::listing::Listing;
use crate::decisions::page::Page;
use crate::decisions::payment::{IDENTIFIER_CHARS_MAX, IDENTIFIER_CHARS_MIN, PAYMENT_IDENTIFIER};
use crate::decisions::reply::{PAYMENT_REQUIRED, base64_value, challenge_headers};
use crate::decisions::template::{REASON_MARK, Template, URL_MARK};

/// One offer of the `exact` scheme on an EVM chain, complete: whatever a payer claims about it is
/// compared with this.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    requirements: v2::PaymentRequirements,
    domain: TokenDomain,
    v1_network: Option<&'static str>,
}

/// What an offer is made of.
#[derive(Debug, Clone)]
pub struct OfferTerms {
    /// The price.
    pub amount: AtomicAmount,
    /// Who is paid.
    pub pay_to: Address,
    /// How long a payment may stay valid.
    pub max_timeout: Duration,
    /// The token: chain, contract and EIP-712 name and version.
    pub token: TokenDomain,
}

impl Offer {
    /// The offer on these terms.
    #[must_use]
    pub fn exact(terms: OfferTerms) -> Self {
        let network = Network::evm(terms.token.chain_id);
        let extra = [("name", &terms.token.name), ("version", &terms.token.version)];
        let extra = extra.map(|(name, text)| (name.to_owned(), Value::from(text.as_str())));
        Self {
            v1_network: network.known().and_then(|it| it.legacy_name),
            requirements: v2::PaymentRequirements {
                scheme: wire::exact::EXACT.into(),
                network,
                amount: terms.amount,
                asset: terms.token.asset.into(),
                pay_to: terms.pay_to.into(),
                max_timeout: terms.max_timeout,
                extra: extra.into_iter().collect(),
                unknown: Map::new(),
            },
            domain: terms.token,
        }
    }

    /// The same at another price.
    #[must_use]
    pub(super) fn at(&self, amount: AtomicAmount) -> Self {
        let requirements = v2::PaymentRequirements { amount, ..self.requirements.clone() };
        Self { requirements, ..self.clone() }
    }

    /// The offer as it travels.
    #[must_use]
    pub fn requirements(&self) -> &v2::PaymentRequirements {
        &self.requirements
    }

    /// The chain that the offer is for.
    #[must_use]
    pub fn chain_id(&self) -> u64 {
        self.domain.chain_id
    }

    /// The token's contract.
    #[must_use]
    pub fn asset(&self) -> Address {
        self.domain.asset
    }

    /// The network's name in version 1, where it has one.
    #[must_use]
    pub fn v1_network(&self) -> Option<&'static str> {
        self.v1_network
    }

    fn v1(&self, resource: &v2::ResourceInfo) -> Option<v1::PaymentRequirements> {
        let it = &self.requirements;
        Some(v1::PaymentRequirements {
            scheme: it.scheme.clone(),
            network: self.v1_network?.into(),
            max_amount_required: it.amount,
            resource: resource.url.clone(),
            description: resource.description.clone().unwrap_or_default(),
            mime_type: resource.mime_type.clone().unwrap_or_default(),
            pay_to: it.pay_to.clone(),
            max_timeout: it.max_timeout,
            asset: it.asset.clone(),
            extra: it.extra.clone(),
            unknown: Map::new(),
        })
    }
}

/// Who is welcome besides those who pay and go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Welcome {
    /// Version 1 payers.
    pub v1: bool,
    /// Payers who name their purchase (`payment-identifier`), to come back for it. Never required:
    /// some payers send back what a challenge declares, and add nothing.
    pub named: bool,
}

impl Welcome {
    /// Declared as `@x402/extensions` declares it, with the schema of what a payer adds: see
    /// `payment-required.v2.express-extended.json` in `wire/golden`.
    fn extensions(self) -> v2::Extensions {
        let declared = serde_json::json!({
            "info": { "required": false },
            "schema": {
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "type": "object",
                "properties": {
                    "required": { "type": "boolean" },
                    "id": {
                        "type": "string", "minLength": IDENTIFIER_CHARS_MIN,
                        "maxLength": IDENTIFIER_CHARS_MAX, "pattern": "^[a-zA-Z0-9_-]+$",
                    },
                },
                "required": ["required"],
            },
        });
        let named = self.named.then(|| (PAYMENT_IDENTIFIER.to_owned(), declared));
        named.into_iter().collect()
    }
}

/// A challenge with two gaps: the resource's path and the reason. All else about it is known when
/// the configuration is read, and a challenge is the reply that must cost nothing.
#[derive(Debug, Clone)]
pub struct ChallengeTemplate {
    any: Documents,
    /// The one that nearly everyone gets: nothing was paid, and only the path is left open.
    unpaid: Documents,
    /// The headers, the challenge among them: a map is copied faster than it is built.
    headers: Box<HeaderMap>,
    /// What a person sees instead of the body.
    page: Option<Box<Page>>,
    listing: Option<Box<Listing>>,
}

#[derive(Debug, Clone)]
struct Documents {
    /// The JSON that travels in `PAYMENT-REQUIRED`.
    header: Template,
    /// A version 1 document, or the same as the header where version 1 is off.
    body: Template,
}

const UNPAID: &str = Code::PaymentRequired.text();

impl ChallengeTemplate {
    /// The challenge for these offers. `resource` describes what is for sale; its URL is left open
    /// behind the origin.
    #[must_use]
    pub fn new(
        offers: &[Offer],
        resource: &v2::ResourceInfo,
        origin: &str,
        welcome: Welcome,
    ) -> Self {
        Self::listed(offers, resource, origin, welcome, v2::Extensions::new())
    }

    /// The same challenge, declaring these extensions for catalogues, too.
    #[must_use]
    pub fn listed(
        offers: &[Offer],
        resource: &v2::ResourceInfo,
        origin: &str,
        welcome: Welcome,
        declared: v2::Extensions,
    ) -> Self {
        let mut extensions = welcome.extensions();
        extensions.extend(declared.clone());
        let listing = Listing::new(resource.clone(), declared);
        let listing = (!listing.extensions().is_empty()).then(|| Box::new(listing));
        let resource = v2::ResourceInfo { url: URL_MARK.into(), ..resource.clone() };
        let header = v2::PaymentRequired {
            error: Some(REASON_MARK.into()),
            accepts: offers.iter().map(|it| it.requirements.clone()).collect(),
            resource: resource.clone(),
            extensions,
            unknown: Map::new(),
        };
        let accepts: Vec<_> = offers.iter().filter_map(|it| it.v1(&resource)).collect();
        let header = header.to_json();
        let body = if welcome.v1 && !accepts.is_empty() {
            let error = Some(REASON_MARK.into());
            v1::PaymentRequired { error, accepts, unknown: Map::new() }.to_json()
        } else {
            header.clone()
        };
        let documents = |reason| Documents {
            header: Template::new(&header, origin, reason),
            body: Template::new(&body, origin, reason),
        };
        let (any, unpaid) = (documents(None), documents(Some(UNPAID)));
        Self { any, unpaid, headers: Box::new(challenge_headers()), page: None, listing }
    }

    /// The same challenge, shown to people as a page.
    #[must_use]
    pub fn with_page(self, page: Page) -> Self {
        Self { page: Some(Box::new(page)), ..self }
    }

    /// What is declared for catalogues, if anything is.
    #[must_use]
    pub fn listing(&self) -> Option<&Listing> {
        self.listing.as_deref()
    }

    /// What a person sees, if there is something to see.
    #[must_use]
    pub fn page(&self) -> Option<&Page> {
        self.page.as_deref()
    }

    /// The JSON of `PAYMENT-REQUIRED`.
    #[must_use]
    pub fn header_json(&self, path: &str, reason: &str) -> String {
        self.documents(reason).header.render(path, reason)
    }

    /// The headers of the 402: `PAYMENT-REQUIRED` holds the base64 of [`Self::header_json`].
    #[must_use]
    pub fn headers(&self, path: &str, reason: &str) -> HeaderMap {
        let mut headers = HeaderMap::clone(&self.headers);
        // Not `insert`: it makes room for one more before it looks whether it needs to.
        if let Some(challenge) = headers.get_mut(PAYMENT_REQUIRED) {
            *challenge = base64_value(self.documents(reason).header.render_base64(path, reason));
        }
        headers
    }

    /// The body.
    #[must_use]
    pub fn body(&self, path: &str, reason: &str) -> String {
        self.documents(reason).body.render(path, reason)
    }

    fn documents(&self, reason: &str) -> &Documents {
        if reason == UNPAID { &self.unpaid } else { &self.any }
    }
}

/// A resource's URL: the configured public origin and the canonical path. No header of a request
/// takes part in it.
#[derive(Debug, Clone, Copy)]
pub struct UrlParts<'a> {
    /// Scheme, host and port, without a trailing slash.
    pub origin: &'a str,
    /// The path as it stands in a URL, from the leading slash on.
    pub path: &'a str,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(chain_id: u64) -> Offer {
        let known = Network::evm(chain_id).known().unwrap();
        Offer::exact(OfferTerms {
            amount: AtomicAmount::from(1000),
            pay_to: Address::new([0x11; 20]),
            max_timeout: Duration::from_mins(1),
            token: TokenDomain {
                name: known.asset.eip712_name.into(),
                version: known.asset.eip712_version.into(),
                chain_id,
                asset: known.asset.address.into(),
            },
        })
    }

    #[test]
    fn a_rendered_challenge_is_the_message_that_it_states() {
        let described = v2::ResourceInfo {
            description: Some("\"a\" \\u0001 {}".into()),
            mime_type: Some("text/plain".into()),
            ..v2::ResourceInfo::default()
        };
        let template = ChallengeTemplate::new(
            &[offer(84532), offer(8453)],
            &described,
            "https://x.test",
            Welcome { v1: true, named: false },
        );
        let path = "/premium/a%20b";

        let header = template.header_json(path, "payment_required");
        let header = v2::PaymentRequired::from_json(header.as_bytes()).unwrap();
        assert_eq!(header.error.as_deref(), Some("payment_required"));
        assert_eq!(header.resource.url, "https://x.test/premium/a%20b");
        assert_eq!(header.resource.description, described.description);
        assert_eq!(header.accepts, [offer(84532).requirements, offer(8453).requirements]);

        let body = template.body(path, "insufficient_funds");
        let body = v1::PaymentRequired::from_json(body.as_bytes()).unwrap();
        assert_eq!(body.error.as_deref(), Some("insufficient_funds"));
        let networks: Vec<_> = body.accepts.iter().map(|it| it.network.as_str()).collect();
        assert_eq!(networks, ["base-sepolia", "base"]);
        assert!(body.accepts.iter().all(|it| it.resource == "https://x.test/premium/a%20b"));
    }

    #[test]
    fn without_version_1_the_body_repeats_the_header() {
        let resource = v2::ResourceInfo::default();
        let welcome = Welcome { v1: false, named: true };
        let template =
            ChallengeTemplate::new(&[offer(84532)], &resource, "https://x.test", welcome);
        assert_eq!(template.body("/a", "x"), template.header_json("/a", "x"));
    }

    /// As another team's server declares it, byte for byte but for the order of members.
    #[test]
    fn a_name_for_the_purchase_is_invited_where_it_is_good_for_something() {
        let golden =
            include_str!("../../../wire/golden/messages/payment-required.v2.express-extended.json");
        let golden: Value = serde_json::from_str(golden).unwrap();
        let resource = v2::ResourceInfo::default();
        for named in [true, false] {
            let welcome = Welcome { v1: true, named };
            let template = ChallengeTemplate::new(&[offer(84532)], &resource, "", welcome);
            let header = template.header_json("/a", UNPAID);
            let header = v2::PaymentRequired::from_json(header.as_bytes()).unwrap();
            let declared = header.extensions.get("payment-identifier");
            let expected = golden.pointer("/extensions/payment-identifier");
            assert_eq!(declared, expected.filter(|_| named));
            assert!(!template.body("/a", UNPAID).contains("extensions"), "version 1 has none");
        }
    }
}
