//! The ways in.

use std::net::SocketAddr;

use sandbox::world::Options;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::events::get;
use crate::function::Function;
use crate::http::Reply;
use crate::market::Market;
use crate::nginx::{self, Nginx};
use crate::payer::sign;

/// A way in.
pub(crate) enum Door {
    /// The server's socket: bytes as they are written.
    Server(SocketAddr),
    /// The same, with nginx before it.
    Nginx(Nginx),
    /// An event of a function URL, whose path is what stood in the request line.
    Event(Box<Function>),
}

impl Door {
    /// The server's own.
    pub(crate) async fn server() -> (Market, Self) {
        let market = Market::prepare(Options::instant(), "peer").await;
        let address = market.serve().await;
        (market, Self::Server(address))
    }

    /// nginx before the server, both as the document has them. Nothing where there is no nginx.
    pub(crate) async fn nginx() -> Option<(Market, Self)> {
        let market = Market::prepare(Options::instant(), &nginx::documented_client()).await;
        let nginx = Nginx::start(|_| nginx::documented(), market.serve().await).await?;
        Some((market, Self::Nginx(nginx)))
    }

    /// The built function.
    pub(crate) async fn function() -> (Market, Self) {
        let market = Market::prepare(Options::instant(), "cloudfront").await;
        let package = tempfile::tempdir().unwrap();
        copy(market.folder.path(), package.path());
        let function = Function::start_in(package, &[]).await;
        (market, Self::Event(Box::new(function)))
    }

    /// Asks for exactly this, with a payment or without.
    pub(crate) async fn ask(&self, target: &str, payment: Option<&str>) -> Reply {
        match self {
            Self::Server(address) => ask(*address, target, payment).await,
            Self::Nginx(nginx) => ask(nginx.address, target, payment).await,
            Self::Event(function) => {
                let path = target.split_once('?').map_or(target, |(path, _)| path);
                let asking = get(path).header("cloudfront-viewer-address", "198.51.100.7:4711");
                match payment {
                    Some(payment) => function.ask(&asking.paying(payment)).await,
                    None => function.ask(&asking).await,
                }
            }
        }
    }

    /// A payment for what is at this path.
    pub(crate) async fn payment(&self, market: &Market, target: &str, nonce: u8) -> String {
        let challenge = self.ask(target, None).await;
        sign(nonce, 0, market.sandbox.chain().now()).header(&challenge)
    }
}

/// One request on a connection of its own. Characters up to U+00FF are bytes.
pub(crate) async fn ask(to: SocketAddr, target: &str, payment: Option<&str>) -> Reply {
    let bytes = |text: &str| text.chars().map(|c| u8::try_from(c).unwrap()).collect::<Vec<u8>>();
    let paid = payment.map(|it| format!("payment-signature: {it}\r\n")).unwrap_or_default();
    let rest = format!(" HTTP/1.1\r\nhost: evil.test\r\nconnection: close\r\n{paid}\r\n");
    let mut stream = TcpStream::connect(to).await.unwrap();
    let request = [b"GET ", &bytes(target)[..], rest.as_bytes()].concat();
    stream.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    Reply::parse(&answer)
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
