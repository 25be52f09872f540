//! Google Cloud Storage and Azure Blob Storage, as far as the merchant speaks to them: an object is
//! created or refused, read, and listed. Knows no signatures, and refuses every write that could
//! replace something.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt::Write;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// Whose dialect is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Google,
    Azure,
}

/// A service with one bucket.
#[derive(Clone)]
pub(crate) struct Cloud {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    dialect: Dialect,
    objects: Mutex<BTreeMap<String, Bytes>>,
}

impl Cloud {
    pub(crate) async fn start(dialect: Dialect) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { dialect, objects: Mutex::default() });
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let shared = Arc::clone(&serving);
                let service = service_fn(move |request| {
                    let shared = Arc::clone(&shared);
                    async move { Ok::<_, Infallible>(shared.answer(request).await) }
                });
                let http = hyper::server::conn::http1::Builder::new();
                tokio::spawn(http.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, shared }
    }

    /// The keys of everything that is there.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.shared.objects.lock().unwrap().keys().cloned().collect()
    }
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        let key = path.strip_prefix("/files").expect("the bucket").trim_start_matches('/');
        let key = &*plain(key);
        let header = |name: &str| parts.headers.get(name).and_then(|it| it.to_str().ok());
        let mut objects = self.objects.lock().unwrap();
        match parts.method {
            Method::GET if key.is_empty() => self.listed(&objects, query),
            Method::GET => match objects.get(key) {
                Some(bytes) => part(bytes, header("range")),
                None => status(StatusCode::NOT_FOUND),
            },
            Method::PUT if !self.creates(header) => status(StatusCode::IM_A_TEAPOT),
            Method::PUT if objects.contains_key(key) => status(match self.dialect {
                Dialect::Google => StatusCode::PRECONDITION_FAILED,
                Dialect::Azure => StatusCode::CONFLICT,
            }),
            Method::PUT => {
                objects.insert(key.to_owned(), body);
                let created = Response::builder().status(StatusCode::CREATED);
                let created = created.header("etag", "\"1\"").header("x-goog-generation", "1");
                created.body(Full::default()).unwrap()
            }
            _ => status(StatusCode::IM_A_TEAPOT),
        }
    }

    /// Only if nothing is there (Cloud Storage XML API, "x-goog-if-generation-match"; Azure "Put
    /// Blob", "If-None-Match").
    fn creates<'a>(&self, header: impl Fn(&str) -> Option<&'a str>) -> bool {
        match self.dialect {
            Dialect::Google => header("x-goog-if-generation-match") == Some("0"),
            Dialect::Azure => {
                header("if-none-match") == Some("*")
                    && header("x-ms-blob-type") == Some("BlockBlob")
                    && header("authorization").is_some_and(|it| it.starts_with("SharedKey shop:"))
            }
        }
    }

    fn listed(&self, objects: &BTreeMap<String, Bytes>, query: &str) -> Response<Full<Bytes>> {
        let prefix = query.split('&').find_map(|it| it.strip_prefix("prefix="));
        let prefix = plain(prefix.unwrap_or_default());
        let found = objects.iter().filter(|(key, _)| key.starts_with(&prefix));
        let mut xml = String::new();
        for (key, bytes) in found {
            let size = bytes.len();
            match self.dialect {
                Dialect::Google => write!(
                    xml,
                    "<Contents><Key>{key}</Key><Size>{size}</Size><ETag>\"1\"</ETag>\
                     <LastModified>2026-11-21T12:00:00.000Z</LastModified></Contents>"
                ),
                Dialect::Azure => write!(
                    xml,
                    "<Blob><Name>{key}</Name><Properties>\
                     <Last-Modified>Sat, 21 Nov 2026 12:00:00 GMT</Last-Modified>\
                     <Content-Length>{size}</Content-Length><Content-Type>a/b</Content-Type>\
                     <Etag>1</Etag></Properties></Blob>"
                ),
            }
            .unwrap();
        }
        let xml = match self.dialect {
            Dialect::Google => format!("<ListBucketResult>{xml}</ListBucketResult>"),
            Dialect::Azure => {
                format!("<EnumerationResults><Blobs>{xml}</Blobs></EnumerationResults>")
            }
        };
        Response::new(Full::from(xml))
    }
}

/// Keys have nothing else in them that is escaped.
fn plain(key: &str) -> String {
    key.replace("%2F", "/").replace("%2E", ".").replace("%2D", "-")
}

fn part(bytes: &Bytes, range: Option<&str>) -> Response<Full<Bytes>> {
    let reply = Response::builder()
        .header("last-modified", "Sat, 21 Nov 2026 12:00:00 GMT")
        .header("etag", "\"1\"")
        .header("content-type", "text/plain");
    let bounds = range.and_then(|it| it.strip_prefix("bytes=")?.split_once('-'));
    let Some((first, last)) = bounds else {
        return reply.body(Full::from(bytes.clone())).unwrap();
    };
    let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
    reply
        .status(StatusCode::PARTIAL_CONTENT)
        .header("content-range", format!("bytes {first}-{last}/{}", bytes.len()))
        .body(Full::from(bytes.slice(first..=last)))
        .unwrap()
}

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    Response::builder().status(status).body(Full::default()).unwrap()
}
