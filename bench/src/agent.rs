//! The payer: how soon `x402-agent get` asks after it was started, how soon it pays once it was asked
//! to, and how large it is. The server is this program: it knows when it sent the challenge, and when
//! the payment came.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wire::header::encode_json;

use crate::Failure;
use crate::process::Process;
use crate::statistics::Spread;

/// A key that owns nothing, and its account.
const KEY: &str = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318";
const PAYER: &str = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23";

/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// The program's figures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    /// Of the stripped release binary with its default features.
    pub(crate) bytes: u64,
    /// Milliseconds from starting the process to the request's first byte.
    pub(crate) start_ms: Spread,
    /// Milliseconds from the challenge's first byte to the payment's, ledger and signature included.
    pub(crate) pay_ms: Spread,
    /// The same without a ledger.
    pub(crate) unkept_ms: Spread,
}

/// What one purchase took, in milliseconds.
struct Purchase {
    start_ms: f64,
    pay_ms: f64,
}

/// Has so many things bought, each by a process of its own, all with one ledger in this folder.
pub(crate) fn measure(folder: &Path, purchases: usize) -> Result<Figures, Failure> {
    let program = std::env::current_exe()?.with_file_name("x402-agent");
    let size = std::fs::metadata(&program);
    let size =
        size.map_err(|why| Failure(format!("{}: {why}; use scripts/bench", program.display())))?;
    let (mut kept, mut unkept) = (Vec::new(), Vec::new());
    for number in 0..purchases {
        kept.push(purchase(&program, folder, number, true)?);
        unkept.push(purchase(&program, folder, number, false)?);
    }
    let of = |all: &[Purchase], what: fn(&Purchase) -> f64| {
        Spread::of(&all.iter().map(what).collect::<Vec<_>>())
    };
    Ok(Figures {
        bytes: size.len(),
        start_ms: of(&kept, |it| it.start_ms),
        pay_ms: of(&kept, |it| it.pay_ms),
        unkept_ms: of(&unkept, |it| it.pay_ms),
    })
}

fn purchase(
    program: &Path,
    folder: &Path,
    number: usize,
    keeps: bool,
) -> Result<Purchase, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let url = format!("http://{}/{number}", listener.local_addr()?);
    let challenge = challenge(&url);
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(program).args(["get", &url, "-o", "file", "--quiet"]);
    command.current_dir(folder).env_clear().env("X402_PRIVATE_KEY", KEY);
    command.envs(std::env::var_os("PATH").map(|it| ("PATH", it)));
    if keeps {
        // A budget has the whole ledger summed up.
        command.args(["--ledger", "purchases", "--budget", "$1000"]);
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let begin = Instant::now();
    let mut process = Process::of(command.spawn()?);
    let mut stream = accept(&listener)?;
    let (asked, _) = head(&mut stream)?;
    let start = asked - begin;

    let sent = Instant::now();
    stream.write_all(&challenge)?;
    let (paid, payment) = head(&mut stream)?;
    let pays = payment.to_ascii_lowercase().contains("\r\npayment-signature: ");
    if !pays {
        return Err(Failure(format!("this is no payment: {payment}")));
    }
    stream.write_all(&delivery())?;
    // The next purchase must not meet the end of this one.
    let ended = process.ended()?;
    if !ended.success() {
        return Err(Failure(format!("x402-agent get: {ended}")));
    }
    let ms = |span: Duration| span.as_secs_f64() * 1e3;
    Ok(Purchase { start_ms: ms(start), pay_ms: ms(paid - sent) })
}

/// Waits in a loop: this CPU has nothing else to do, and being woken takes time.
fn accept(listener: &TcpListener) -> Result<TcpStream, Failure> {
    listener.set_nonblocking(true)?;
    let begin = Instant::now();
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(why) if why.kind() == ErrorKind::WouldBlock && begin.elapsed() < PATIENCE => {}
            Err(why) => return Err(Failure(format!("x402-agent did not ask: {why}"))),
        }
    }
}

/// A request's head, and when its first byte came.
fn head(stream: &mut TcpStream) -> Result<(Instant, String), Failure> {
    let (begin, mut first) = (Instant::now(), None);
    let (mut text, mut piece) = (Vec::new(), [0; 16 * 1024]);
    while !text.ends_with(b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) => return Err(Failure("x402-agent went away".into())),
            Ok(count) => {
                first.get_or_insert_with(Instant::now);
                text.extend_from_slice(&piece[..count]);
            }
            Err(why) if why.kind() == ErrorKind::WouldBlock && begin.elapsed() < PATIENCE => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok((first.unwrap_or(begin), String::from_utf8_lossy(&text).into_owned()))
}

fn challenge(url: &str) -> Vec<u8> {
    let text = format!(
        r#"{{"x402Version":2,"error":"payment_required","resource":{{"url":"{url}","description":"Market data","mimeType":"application/json"}},"accepts":[{{"scheme":"exact","network":"eip155:84532","amount":"1000","asset":"0x036CbD53842c5426634e7929541eC2318f3dCF7e","payTo":"0x209693Bc6afc0C5328bA36FaF03C514EF312287C","maxTimeoutSeconds":60,"extra":{{"name":"USDC","version":"2"}}}}]}}"#
    );
    let header = encode_json(text.as_bytes());
    format!("HTTP/1.1 402 Payment Required\r\npayment-required: {header}\r\ncontent-length: 2\r\n\r\n{{}}")
        .into_bytes()
}

fn delivery() -> Vec<u8> {
    let hash = "ab".repeat(32);
    let receipt = format!(
        r#"{{"success":true,"transaction":"0x{hash}","network":"eip155:84532","payer":"{PAYER}"}}"#
    );
    let header = encode_json(receipt.as_bytes());
    format!("HTTP/1.1 200 OK\r\npayment-response: {header}\r\ncontent-length: 14\r\nconnection: close\r\n\r\n{{\"answer\":42}}\n")
        .into_bytes()
}
