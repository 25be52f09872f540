//! An S3 server for tests: moto, from `PyPI`, over HTTP. It checks no signatures. Where writes race,
//! the queue beside it stands before it; what it never does by itself, the proxy does.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A server with buckets of its own.
pub(crate) struct S3 {
    pub(crate) address: String,
    child: Child,
    _log: tempfile::TempDir,
}

impl S3 {
    /// Starts one with these buckets. Nothing, and loudly so, where Python is missing.
    pub(crate) async fn start(buckets: &[&str]) -> Option<Self> {
        let program = program()?;
        let port = tests::free_port();
        let log = tempfile::tempdir().unwrap();
        let file = std::fs::File::create(log.path().join("log")).unwrap();
        let child = Command::new(program)
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .env("MOTO_S3_CUSTOM_ENDPOINTS", "")
            .stdout(Stdio::null())
            .stderr(file)
            .spawn()
            .unwrap();
        let server = Self { address: format!("127.0.0.1:{port}"), child, _log: log };
        server.wait().await;
        for bucket in buckets {
            assert_eq!(server.put(&format!("/{bucket}"), &[], b"").await.0, 200);
        }
        Some(server)
    }

    /// A location in one of the buckets, as the configuration names it.
    pub(crate) fn url(&self, bucket: &str) -> String {
        url_at(bucket, &self.address)
    }

    /// Keeps every version of what is put into the bucket.
    pub(crate) async fn keep_versions(&self, bucket: &str) {
        let body = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
        assert_eq!(self.put(&format!("/{bucket}?versioning"), &[], body).await.0, 200);
    }

    /// Puts an object.
    pub(crate) async fn object(
        &self,
        bucket: &str,
        key: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) {
        assert_eq!(self.put(&format!("/{bucket}/{key}"), headers, body).await.0, 200);
    }

    async fn put(&self, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<u8>) {
        ask(&self.address, "PUT", target, headers, body).await
    }

    async fn wait(&self) {
        for _ in 0..600 {
            if TcpStream::connect(&self.address).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("moto does not start");
    }
}

impl Drop for S3 {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A location in a bucket of whoever listens there.
pub(crate) fn url_at(bucket: &str, address: &str) -> String {
    format!("s3://{bucket}?endpoint=http://{address}&region=us-east-1")
}

/// One request on a connection of its own: status and body.
pub(crate) async fn ask(
    address: &str,
    method: &str,
    target: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> (u16, Vec<u8>) {
    // moto takes no anonymous requests, and looks no closer at others.
    let mut head = format!(
        "{method} {target} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=a/20261121/us-east-1/s3/aws4_request, \
         SignedHeaders=host, Signature=0\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let end = answer.windows(4).position(|it| it == b"\r\n\r\n").expect("a whole head");
    let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
    (status, answer[end + 4..].to_vec())
}

/// The server's program, installed if need be.
fn program() -> Option<PathBuf> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new("scripts/tools").arg("moto_server").current_dir(root).output();
    let output = output.unwrap();
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).unwrap().trim().into());
    }
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    skip("the tests against an S3 server", &why);
    None
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
pub(crate) fn skip(what: &str, why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "{what}: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}
