//! A shop on AWS: a function whose content is a folder or a bucket, and the sandbox that it is paid
//! through.

use sandbox::world::{Options, Sandbox};
use tempfile::TempDir;
use wire::{Address, U256};

use crate::events::{Ask, get};
use crate::function::Function;
use crate::http::Reply;
use crate::payer::sign;

/// What `/premium/a.json` and its neighbours hold.
pub(crate) const GOODS: &[u8] = b"{\"answer\":42}";
/// The price of everything under `/premium/`, in atomic units.
pub(crate) const PRICE: u64 = 1000;
/// Where payers believe that the shop is.
pub(crate) const ORIGIN: &str = "https://files.example.com";

/// A shop.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    pub(crate) function: Function,
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

/// A configuration with these places.
pub(crate) fn configuration(content: &str, ledger: &str, facilitator: &str) -> String {
    format!(
        r#"
        public_url = "{ORIGIN}"
        pay_to = "{}"
        networks = ["base-sepolia"]
        [content]
        url = "{content}"
        [ledger]
        url = "{ledger}"
        fsync = false
        [facilitator]
        url = "{facilitator}"
        [client]
        address = "cloudfront"
        [[routes]]
        path = "/premium/"
        price = "$0.001"
        [[routes]]
        path = "/free/"
        free = true
        "#,
        payee()
    )
}

/// A package whose files lie in it.
pub(crate) fn package(facilitator: &str) -> TempDir {
    let package = tempfile::tempdir().unwrap();
    for name in ["premium/a.json", "premium/b.json", "free/a.txt"] {
        let file = package.path().join("content").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, GOODS).unwrap();
    }
    let text = configuration("file:./content", "file:./ledger", facilitator);
    std::fs::write(package.path().join("merchant.toml"), text).unwrap();
    package
}

impl Market {
    /// Opens a shop whose files lie in its package.
    pub(crate) async fn open(options: Options) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let package = package(&sandbox.facilitator_url());
        let function = Function::start_in(package, &[]).await;
        Self { sandbox, function }
    }

    /// Opens a shop with content and ledger elsewhere.
    pub(crate) async fn open_at(options: Options, content: &str, ledger: &str) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let text = configuration(content, ledger, &sandbox.facilitator_url());
        let function = Function::start(&text, &[]).await;
        Self { sandbox, function }
    }

    /// Signs a payment for this path and presents it.
    pub(crate) async fn buy(&self, path: &str, nonce: u8) -> Reply {
        self.function.ask(&self.payment(path, nonce).await).await
    }

    /// The request that pays.
    pub(crate) async fn payment(&self, path: &str, nonce: u8) -> Ask {
        let challenge = self.function.ask(&get(path)).await;
        let signed = sign(nonce, 0, self.sandbox.chain().now());
        get(path)
            .paying(&signed.header(&challenge))
            .header("cloudfront-viewer-address", "198.51.100.7:4711")
    }

    /// How many of the price the shop has been paid.
    pub(crate) fn sold(&self) -> u64 {
        let balance = |of: Address| self.sandbox.chain().usdc_balance(of.evm());
        // The payee is one of the test accounts, all of which begin with the same.
        let begin = balance(Address::from(sandbox::accounts::testers()[9].address()));
        u64::try_from((balance(payee()) - begin) / U256::from(PRICE)).unwrap()
    }
}
