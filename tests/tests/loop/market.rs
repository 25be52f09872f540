//! A merchant with some goods, and the sandbox that it is paid through.

use std::net::SocketAddr;
use std::path::PathBuf;

use merchant::server::access_log::AccessLog;
use merchant::server::{run, serve};
use merchant::settings::Settings;
use sandbox::world::{Options, Sandbox};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wire::{Address, U256};

/// What `/premium/a.json` and its neighbours hold.
pub(crate) const GOODS: &[u8] = b"{\"answer\":42}";
/// The price of everything under `/premium/`, in atomic units.
pub(crate) const PRICE: u64 = 1000;

/// A merchant's server and its sandbox.
pub(crate) struct Market {
    pub(crate) sandbox: Sandbox,
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    pub(crate) server: JoinHandle<()>,
    /// The chain's time at the opening: payments that are signed as of then are the same however
    /// late they are signed again.
    pub(crate) opened: u64,
    stop: Option<oneshot::Sender<()>>,
}

impl Market {
    /// Opens a market whose sandbox is started like this. The merchant asks the chain in doubt.
    pub(crate) async fn open(options: Options) -> Self {
        Self::asking_the_chain(options, "doubt").await
    }

    /// The same, asking the chain when it is told to: `off`, `doubt` or `always`.
    pub(crate) async fn asking_the_chain(options: Options, verify: &str) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let facilitator = format!("url = \"{}\"", sandbox.facilitator_url());
        Self::around(sandbox, verify, &facilitator).await
    }

    /// The same around a sandbox that runs already, with this `[facilitator]` section.
    pub(crate) async fn around(sandbox: Sandbox, verify: &str, facilitator: &str) -> Self {
        let rpc = [sandbox.rpc_url()];
        Self::watching(sandbox, verify, facilitator, &rpc).await
    }

    /// The same, asking these endpoints about the chain.
    pub(crate) async fn watching(
        sandbox: Sandbox,
        verify: &str,
        facilitator: &str,
        rpc: &[String],
    ) -> Self {
        Self::stocked(sandbox, verify, facilitator, rpc, "").await
    }

    /// A market with these further routes.
    pub(crate) async fn selling(options: Options, routes: &str) -> Self {
        let sandbox = Sandbox::start(options).await.unwrap();
        let facilitator = format!("url = \"{}\"", sandbox.facilitator_url());
        let rpc = [sandbox.rpc_url()];
        Self::stocked(sandbox, "doubt", &facilitator, &rpc, routes).await
    }

    async fn stocked(
        sandbox: Sandbox,
        verify: &str,
        facilitator: &str,
        rpc: &[String],
        routes: &str,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let content = folder.path().join("content");
        for name in ["premium/a.json", "premium/b.json", "free/a.txt"] {
            let file = content.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, GOODS).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let config = config(address, verify, facilitator, rpc) + routes;
        // For the operator's commands.
        std::fs::write(folder.path().join("merchant.toml"), &config).unwrap();
        let settings = Settings::load(&config, folder.path(), std::iter::empty()).unwrap();
        let limits = settings.limits;
        let merchant = run::merchant(settings).unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let log = AccessLog::to(std::fs::File::create(folder.path().join("access.log")).unwrap());
        let server = tokio::spawn(async move {
            serve(listener, merchant, limits, log, async { drop(stopped.await) }).await;
        });
        let opened = sandbox.chain().now();
        Self { sandbox, address, folder, server, opened, stop: Some(stop) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn content(&self, name: &str) -> PathBuf {
        self.folder.path().join("content").join(name)
    }

    /// Asks the server to stop, as a signal would.
    pub(crate) fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }

    pub(crate) fn balance(&self, of: Address) -> U256 {
        self.sandbox.chain().usdc_balance(of.evm())
    }

    /// How many of the price the merchant has been paid.
    pub(crate) fn sold(&self) -> u64 {
        let income = self.balance(payee()) - self.opening_balance();
        u64::try_from(income / U256::from(PRICE)).unwrap()
    }

    fn opening_balance(&self) -> U256 {
        // The payee is one of the test accounts, all of which begin with the same.
        self.balance(Address::from(sandbox::accounts::testers()[9].address()))
    }

    /// The names of the ledger's records, sorted.
    pub(crate) fn records(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut folders = vec![self.folder.path().join("ledger")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    names.push(path.file_name().unwrap().to_string_lossy().into_owned());
                }
            }
        }
        names.sort();
        names
    }
}

/// Who is paid.
pub(crate) fn payee() -> Address {
    sandbox::accounts::testers()[3].address().into()
}

fn config(address: SocketAddr, verify: &str, facilitator: &str, rpc: &[String]) -> String {
    let rpc: Vec<_> = rpc.iter().map(|url| format!("base-sepolia={url}")).collect();
    format!(
        r#"
        public_url = "http://{address}"
        pay_to = "{}"
        networks = ["base-sepolia"]
        [content]
        url = "file:./content"
        [ledger]
        url = "file:./ledger"
        fsync = false
        [facilitator]
        {facilitator}
        [onchain]
        verify = "{verify}"
        rpc = {rpc:?}
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
