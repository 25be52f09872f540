//! nginx as `docs/deploy.md` sets it up: the document's own text, but for where it listens and whom it
//! asks.

use std::fmt::Write;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

const DOCUMENT: &str = include_str!("../../../docs/deploy.md");

/// A running nginx.
pub(crate) struct Nginx {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

/// The server that the document recommends.
pub(crate) fn documented() -> String {
    let section = DOCUMENT.split_once("\n### nginx\n").expect("the section").1;
    let block = section.split_once("```nginx\n").expect("its block").1;
    block.split_once("\n```").expect("its end").0.to_owned()
}

/// What the document has the merchant believe about clients behind it.
pub(crate) fn documented_client() -> String {
    let section = DOCUMENT.split_once("\n### nginx\n").expect("the section").1;
    let line = section.lines().find_map(|it| it.strip_prefix("address = \"")).expect("the setting");
    line.trim_end_matches('"').to_owned()
}

/// The same server with a line changed, which must be there.
pub(crate) fn changed(server: &str, line: &str, to: &str) -> String {
    assert_eq!(server.matches(line).count(), 1, "{line}");
    server.replace(line, to)
}

impl Nginx {
    /// Starts one with this server, written for an address to ask; what stands outside of it may
    /// follow the server. Nothing, and loudly so, where there is no nginx.
    pub(crate) async fn start(
        server: impl Fn(SocketAddr) -> String,
        merchant: SocketAddr,
    ) -> Option<Self> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let port = tests::free_port();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let server = server(merchant);
        let server = changed(&server, "listen 443 ssl http2;", &format!("listen {address};"));
        let server = server.replace("http://127.0.0.1:4021", &format!("http://{merchant}"));
        let mut text = String::from(
            "daemon off; master_process off; pid nginx.pid;\nevents { worker_connections 512; }\n\
             http {\naccess_log off;\n",
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(text, "{kind}_temp_path {kind};").unwrap();
        }
        text.extend([&server, "\n}\n"]);
        std::fs::write(folder.path().join("nginx.conf"), text).unwrap();
        let log = folder.path().join("error.log");
        let child = Command::new(program)
            .args(["-e", "error.log", "-c", "nginx.conf", "-p"])
            .arg(folder.path())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut it = Self { address, child, _folder: folder };
        for _ in 0..600 {
            if TcpStream::connect(address).await.is_ok() {
                return Some(it);
            }
            let log = std::fs::read_to_string(&log).unwrap_or_default();
            assert!(it.child.try_wait().unwrap().is_none(), "nginx does not start: {log}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("nginx does not listen");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, fetched if need be.
fn program() -> Option<String> {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let output = Command::new("scripts/tools").arg("nginx").current_dir(root).output().unwrap();
    if output.status.success() {
        return Some(String::from_utf8(output.stdout).unwrap().trim().to_owned());
    }
    skip("what nginx makes of it", &String::from_utf8_lossy(&output.stderr));
    None
}

/// Says what is not tested here, and fails where everything must be.
#[expect(clippy::print_stderr, reason = "what is not tested must be seen")]
#[expect(clippy::disallowed_methods, reason = "CI is told by the environment alone")]
fn skip(what: &str, why: &str) {
    let mandatory = std::env::var_os("CI").is_some_and(|it| it == "true");
    assert!(!mandatory, "{what}: {why}");
    eprintln!("SKIPPED: {what}: {why}");
}
