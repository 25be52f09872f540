//! Payments: well-formed, with a nonce that says which one it is, and signed in the model's books
//! only.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};
use merchant::decisions::payment::Payment;
use merchant::decisions::policy::Policy;
use merchant::decisions::records::folder;
use merchant::settings::Settings;
use serde_json::json;
use wire::header::encode_json;
use wire::{Address, Authorization, Nonce, PaymentKey, UnixTime};

use crate::world::{EPOCH, Signed, World};

/// The token's contract on Base Sepolia.
pub(crate) const ASSET: Address = Address::new([
    0x03, 0x6c, 0xbd, 0x53, 0x84, 0x2c, 0x54, 0x26, 0x63, 0x4e, 0x79, 0x29, 0x54, 0x1e, 0xc2, 0x31,
    0x8f, 0x3d, 0xcf, 0x7e,
]);
pub(crate) const PAYEE: Address = Address::new([0x90; 20]);
const CHAIN: u64 = 84_532;
/// The price of everything: $0.001.
pub(crate) const PRICE: u64 = 1_000;

const CONFIG: &str = r#"
public_url = "https://files.test"
pay_to = "0x9090909090909090909090909090909090909090"
networks = ["base-sepolia"]
[content]
url = "memory:"
[ledger]
url = "memory:"
[facilitator]
url = "https://facilitator.test"
[[routes]]
path = "/premium/"
price = "$0.001"
"#;

/// What all runs share: it never changes.
#[derive(Debug, Clone)]
pub(crate) struct Shop {
    pub(crate) policy: Arc<Policy>,
    template: Arc<Payment>,
}

impl Shop {
    pub(crate) fn new() -> Self {
        let settings = Settings::load(CONFIG, std::path::Path::new("/"), std::iter::empty());
        let policy = Arc::new(settings.expect("the configuration is sound").policy);
        let payment = json!({
            "x402Version": 2,
            "accepted": {
                "scheme": "exact", "network": "eip155:84532", "amount": PRICE.to_string(),
                "asset": ASSET.to_string(), "payTo": PAYEE.to_string(), "maxTimeoutSeconds": 60,
                "extra": { "name": "USDC", "version": "2" },
            },
            "payload": {
                "signature": format!("0x{}1b", "11".repeat(64)),
                "authorization": {
                    "from": PAYEE.to_string(), "to": PAYEE.to_string(), "value": PRICE.to_string(),
                    "validAfter": "0", "validBefore": "1",
                    "nonce": format!("0x{}", "00".repeat(32)),
                },
            },
        });
        let mut headers = HeaderMap::new();
        let header = encode_json(payment.to_string().as_bytes());
        let header = HeaderValue::try_from(header).expect("base64 is a header");
        headers.insert("payment-signature", header);
        let payment = Payment::of_headers(&headers, true);
        let payment = payment.expect("the payment is well-formed").expect("there is one");
        Self { policy, template: Arc::new(payment) }
    }
}

/// What a payer puts into a payment.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) client: usize,
    pub(crate) purchase: Option<usize>,
    pub(crate) identifier: Option<String>,
    pub(crate) valid_after: u64,
    pub(crate) valid_before: u64,
    pub(crate) selfish: bool,
}

/// The address of a client's wallet.
pub(crate) fn wallet(client: usize) -> Address {
    let mut bytes = [0xc0; 20];
    bytes[19] = u8::try_from(client).unwrap_or(u8::MAX);
    Address::new(bytes)
}

/// Signs a payment. Returns its number.
pub(crate) fn sign(world: &mut World, shop: &Shop, draft: &Draft) -> usize {
    let id = world.signed.len();
    let mut nonce = [0x5e; 32];
    nonce[28..].copy_from_slice(&u32::try_from(id).unwrap_or(u32::MAX).to_be_bytes());
    let Payment::V2(mut payment) = (*shop.template).clone() else {
        panic!("the template is of version 2");
    };
    let authorization = Authorization {
        from: wallet(draft.client),
        to: PAYEE,
        value: PRICE.into(),
        valid_after: UnixTime::from_seconds(draft.valid_after),
        valid_before: UnixTime::from_seconds(draft.valid_before),
        nonce: Nonce::new(nonce),
    };
    payment.payload.authorization = authorization;
    if let Some(identifier) = &draft.identifier {
        let extension = json!({ "info": { "id": identifier } });
        payment.extensions.insert("payment-identifier".into(), extension);
    }
    let key = PaymentKey::of(CHAIN, ASSET, &authorization);
    let folder = folder(&key);
    world.note(|| {
        let Draft { client, purchase, valid_after, valid_before, .. } = draft;
        let (after, before) = (valid_after.saturating_sub(EPOCH), valid_before - EPOCH);
        format!("client {client} signs payment {id} for purchase {purchase:?}, {after}..{before}")
    });
    world.signed.push(Signed {
        key,
        folder,
        payment: Arc::new(Payment::V2(payment)),
        authorizations: vec![authorization],
        client: draft.client,
        purchase: draft.purchase,
        selfish: draft.selfish,
        named: draft.identifier.is_some(),
        turned_away: false,
        claimed: None,
        told: false,
        transfer: None,
        invited: false,
        settling: Vec::new(),
    });
    if let Some(purchase) = draft.purchase {
        world.purchases[purchase].signed.push(id);
    }
    id
}

/// The payment as anybody can read it on the chain: without what stands beside it.
pub(crate) fn public_part(payment: &Payment) -> Payment {
    let Payment::V2(payment) = payment else { panic!("the payments are of version 2") };
    let mut payment = payment.clone();
    payment.extensions.clear();
    Payment::V2(payment)
}
