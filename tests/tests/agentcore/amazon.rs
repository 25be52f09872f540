//! AgentCore Payments on loopback: both services, with the paths, members and ids of their model, a
//! check of every call's signature, a wallet that signs for real, and mischief on demand.

mod control;
mod payments;
mod proof;
mod sigv4;

use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use agent::world::{Clock, System};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wire::signature::SecretKey;

pub(crate) use payments::Mischief;

/// The access key that the services know, and its secret.
pub(crate) const ACCESS_KEY: &str = "AKIDSANDBOX000000001";
pub(crate) const SECRET: &str = "hush/AccessSecretOfTheTests+00000000000=";
/// The session token of temporary credentials.
pub(crate) const TOKEN: &str = "HushSessionTokenOfTheTests==";
pub(crate) const REGION: &str = "us-west-2";

/// A call as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }
}

/// An answer: status and body. A refusal is one, too.
pub(crate) type Answer = (u16, Value);

/// What the service does instead of answering a call: it hears it, or does not, and hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Unheard,
    Heard,
}

/// One thing that was set up.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) of: String,
    pub(crate) status: String,
    pub(crate) document: Value,
    /// How many looks its present status lasts.
    pub(crate) looks: u32,
}

/// Everything that the services know.
#[derive(Default)]
pub(crate) struct Books {
    pub(crate) calls: Vec<Received>,
    pub(crate) providers: Vec<Thing>,
    pub(crate) managers: Vec<Thing>,
    pub(crate) connectors: Vec<Thing>,
    pub(crate) instruments: Vec<Thing>,
    pub(crate) sessions: Vec<Thing>,
    /// What was answered to each operation and client token.
    answered: HashMap<(String, String), (Value, Answer)>,
    made: u32,
    /// The next calls of `ProcessPayment`.
    pub(crate) mischief: VecDeque<Mischief>,
    /// Signatures that were made.
    pub(crate) signatures: u32,
    /// From this call on, counted from 0, nothing is answered; the first is heard or not.
    pub(crate) cut: Option<(usize, Cut)>,
    /// New instruments and quick connectors wait for consent.
    pub(crate) wants_consent: bool,
}

/// Running services; they end with the runtime of their test.
#[derive(Clone)]
pub(crate) struct Amazon {
    pub(crate) address: SocketAddr,
    books: Arc<Mutex<Books>>,
}

/// The wallet's key: a test account of the sandbox, with money.
pub(crate) fn wallet_key() -> SecretKey {
    SecretKey::from_bytes(&sandbox::accounts::testers()[1].secret()).unwrap()
}

/// A refusal as restJson services write it; the name goes into a header.
pub(crate) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    (status, json!({ "__type": code, "message": message }))
}

impl Amazon {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let it = Self { address, books: Arc::default() };
        let served = it.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let it = served.clone();
                tokio::spawn(async move { it.serve(stream).await });
            }
        });
        it
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    /// How many signatures were made.
    pub(crate) fn signatures(&self) -> u32 {
        self.books().signatures
    }

    /// How many calls of an operation arrived.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.books().calls.iter().filter(|it| it.path == path).count()
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        let call = read(&mut stream).await?;
        let answer = {
            let mut books = self.books();
            let number = books.calls.len();
            books.calls.push(call.clone());
            match books.cut {
                Some((at, Cut::Unheard)) if number >= at => return None,
                Some((at, Cut::Heard)) if number > at => return None,
                Some((at, Cut::Heard)) if number == at => {
                    drop(books.answer(&call));
                    return None;
                }
                _ => books.answer(&call),
            }
        };
        let (status, document) = answer?;
        let name = document.get("__type").and_then(Value::as_str);
        let kind = name.map_or(String::new(), |it| format!("x-amzn-errortype: {it}:\r\n"));
        let text = if document.is_null() { String::new() } else { document.to_string() };
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{kind}content-length: {}\r\n\
             connection: close\r\n\r\n",
            text.len()
        );
        stream.write_all(format!("{head}{text}").as_bytes()).await.ok()
    }
}

async fn read(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|it| it == b"\r\n\r\n") {
            break at;
        }
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    };
    let text = std::str::from_utf8(&bytes[..head]).unwrap().to_owned();
    let mut lines = text.lines();
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let headers = lines.filter_map(|it| it.split_once(": "));
    let headers: Vec<_> =
        headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length.map_or(0, |(_, value)| value.parse::<usize>().unwrap());
    while bytes.len() < head + 4 + length {
        (stream.read_buf(&mut bytes).await.ok()? > 0).then_some(())?;
    }
    let text = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    let body = serde_json::from_str(&text).unwrap_or_default();
    Some(Received { method, path, query, headers, text, body })
}

impl Books {
    /// Nothing is what a call gets whose answer is lost on the way.
    fn answer(&mut self, call: &Received) -> Option<Answer> {
        if let Err(why) = sigv4::check(call, System.now()) {
            return Some(refusal(403, "InvalidSignatureException", &why));
        }
        let token = call.body.get("clientToken").and_then(Value::as_str).map(str::to_owned);
        let known = token.map(|it| (call.path.clone(), it));
        if let Some((asked, answer)) = known.as_ref().and_then(|it| self.answered.get(it)) {
            let same = *asked == call.body;
            let other = || {
                let why = "IdempotentParameterMismatchException: other parameters, same token";
                refusal(400, "ValidationException", why)
            };
            let answer = if same { answer.clone() } else { other() };
            return self.spoiled(call, Some(answer));
        }
        let answer = control::answer(self, call).or_else(|| payments::answer(self, call));
        let answer = answer.unwrap_or_else(|| refusal(404, "UnknownOperationException", ""));
        if let Some(key) = known.filter(|_| answer.0 < 300) {
            self.answered.insert(key, (call.body.clone(), answer.clone()));
        }
        self.spoiled(call, Some(answer))
    }

    /// Ten letters and digits that no other thing has.
    fn fresh(&mut self) -> String {
        self.made += 1;
        format!("{:010}", self.made)
    }
}

/// The members of a request, held to the model: all that are required, none that it does not have.
pub(crate) fn form(body: &Value, required: &[&str], optional: &[&str]) -> Result<(), Answer> {
    let wrong = |why: String| refusal(400, "ValidationException", &why);
    let members = body.as_object().ok_or_else(|| wrong("no object".into()))?;
    if let Some(missing) = required.iter().find(|it| !members.contains_key(**it)) {
        return Err(wrong(format!("{missing} is required")));
    }
    let known =
        |name: &&String| required.contains(&name.as_str()) || optional.contains(&name.as_str());
    match members.keys().find(|it| !known(it)) {
        Some(unknown) => Err(wrong(format!("{unknown} is unknown"))),
        None => Ok(()),
    }
}

/// Is this a client token of the model: 33 to 256 letters, digits and dashes within?
pub(crate) fn sound_token(body: &Value) -> bool {
    let token = body.get("clientToken").and_then(Value::as_str).unwrap_or_default();
    let plain = |it: u8| it.is_ascii_alphanumeric() || it == b'-';
    (33..=256).contains(&token.len()) && token.bytes().all(plain) && !token.starts_with('-')
}
