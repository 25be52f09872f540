//! Streamable HTTP: one path, this machine by default, a token where others can knock. A web page
//! that a user has open must not get in: `Host` and `Origin` are checked (DNS rebinding), and no page's
//! origin is allowed unless the operator names it.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use sha2::{Digest, Sha256};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use super::super::environment::Environment;
use super::super::exit::Failure;
use super::super::terminal::say;
use super::super::wallet::{WalletFault, private_file};
use super::args::Mcp;
use super::desk::Desk;
use super::server::Server;

/// The one path.
const PATH: &str = "/mcp";

/// Most clients at a time: each agent of a machine has one or two connections.
const CONNECTIONS_MAX: usize = 64;

/// Largest request: a call's arguments, with room to spare.
const REQUEST_BYTES_MAX: usize = 256 * 1024;

/// How long a request's head may take.
const HEAD_MAX: Duration = Duration::from_secs(10);

/// Largest file of a token.
const TOKEN_FILE_BYTES_MAX: usize = 1024;

/// Shortest token: 128 bits as hexadecimal digits.
const TOKEN_CHARS_MIN: usize = 32;

type Service = StreamableHttpService<Server, LocalSessionManager>;
type Body = BoxBody<Bytes, Infallible>;

/// Where clients knock.
pub(crate) struct Door {
    address: SocketAddr,
    token: Option<[u8; 32]>,
    config: StreamableHttpServerConfig,
}

impl Door {
    /// Checks that nobody is let in by mistake.
    pub(crate) fn open(
        args: &Mcp,
        address: SocketAddr,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let token = match (&args.token_file, &environment.mcp_token) {
            (Some(path), _) => Some(read(path)?),
            (None, Some(token)) => Some(token.clone()),
            (None, None) => None,
        };
        let token = token.map(|it| digest_of(it.trim())).transpose()?;
        if token.is_none() && !address.ip().is_loopback() {
            let why =
                "--http beyond this machine needs a token: set X402_MCP_TOKEN or give --token-file";
            return Err(Failure::Server(why.into()));
        }
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let hosts = own.into_iter().chain(args.allow_host.iter().cloned());
        let config = StreamableHttpServerConfig::default()
            .with_allowed_hosts(hosts)
            .with_allowed_origins(args.allow_origin.iter().cloned())
            .enforce_origin_validation()
            .with_max_request_body_bytes(REQUEST_BYTES_MAX);
        Ok(Self { address, token, config })
    }

    /// Serves everyone who knows the token.
    pub(crate) async fn serve(self, desk: Arc<Desk>) -> Result<(), Failure> {
        let failed = |why: std::io::Error| {
            Failure::Server(format!("{} cannot be listened on: {why}", self.address))
        };
        let listener = TcpListener::bind(self.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        say(&format!("listening on http://{address}{PATH}"));
        let sessions = Arc::new(LocalSessionManager::default());
        let make = move || Ok(Server(Arc::clone(&desk)));
        let service = StreamableHttpService::new(make, sessions, self.config);
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let Ok(seat) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
            // A client that is gone already is no reason to end.
            let Ok((stream, _)) = listener.accept().await else { continue };
            let service = service.clone();
            tokio::spawn(async move {
                converse(stream, service, self.token).await;
                drop(seat);
            });
        }
    }
}

async fn converse(stream: TcpStream, service: Service, token: Option<[u8; 32]>) {
    let answer = service_fn(move |request| {
        let service = service.clone();
        async move { Ok::<_, Infallible>(answer(request, service, token).await) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_MAX);
    // A broken connection concerns nobody else.
    let _ = http.serve_connection(TokioIo::new(stream), answer).await;
}

async fn answer(
    request: Request<Incoming>,
    service: Service,
    token: Option<[u8; 32]>,
) -> Response<Body> {
    if request.uri().path() != PATH {
        return bare(StatusCode::NOT_FOUND);
    }
    if token.is_some_and(|it| !knows(&request, it)) {
        let mut refusal = bare(StatusCode::UNAUTHORIZED);
        refusal.headers_mut().insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
        return refusal;
    }
    service.handle(request).await
}

/// The token in this file.
fn read(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let text = private_file::read(path, TOKEN_FILE_BYTES_MAX);
    text.map_err(|why| WalletFault::File("token file", path.to_owned(), why).into())
}

fn bare(status: StatusCode) -> Response<Body> {
    let mut reply = Response::new(Empty::new().boxed());
    *reply.status_mut() = status;
    reply
}

/// Does the request carry this token? Digests are compared: how long that takes tells nothing about
/// the token.
fn knows(request: &Request<Incoming>, token: [u8; 32]) -> bool {
    let sent = request.headers().get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let sent =
        sent.and_then(|it| it.split_once(' ')).filter(|(it, _)| it.eq_ignore_ascii_case("bearer"));
    sent.is_some_and(|(_, sent)| <[u8; 32]>::from(Sha256::digest(sent.trim())) == token)
}

fn digest_of(token: &str) -> Result<[u8; 32], Failure> {
    if token.len() < TOKEN_CHARS_MIN || !token.bytes().all(|it| it.is_ascii_graphic()) {
        let why =
            format!("the token must have at least {TOKEN_CHARS_MIN} characters, without blanks");
        return Err(Failure::Server(why));
    }
    Ok(Sha256::digest(token).into())
}
