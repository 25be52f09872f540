//! What travels between two programs, written down on its way. It changes nothing but that every
//! connection carries one request.

use std::sync::{Arc, Mutex, OnceLock};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

use crate::relay::{pass_on, read_request};

/// A request and its answer, as they travelled.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) request: Vec<u8>,
    pub(crate) answer: Vec<u8>,
}

/// One tap.
#[derive(Clone)]
pub(crate) struct Tap {
    /// Host and port.
    pub(crate) address: String,
    behind: Arc<OnceLock<String>>,
    seen: Arc<Mutex<Vec<Exchange>>>,
}

impl Tap {
    /// Listens; whoever comes before [`Tap::lead_to`] is turned away.
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let tap = Self { address, behind: Arc::default(), seen: Arc::default() };
        let serving = tap.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move { serving.serve(stream).await });
            }
        });
        tap
    }

    /// Listens before this host and port.
    pub(crate) async fn before(behind: &str) -> Self {
        let tap = Self::listen().await;
        tap.lead_to(behind);
        tap
    }

    /// Passes on to this host and port from now on.
    pub(crate) fn lead_to(&self, behind: &str) {
        self.behind.set(behind.to_owned()).unwrap();
    }

    /// What leads here.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends this to where the tap leads, unseen.
    pub(crate) async fn ask_behind(&self, request: &[u8]) -> Exchange {
        let answer = pass_on(request, self.behind.get().unwrap()).await;
        Exchange { request: request.to_vec(), answer }
    }

    /// What travelled since the last time that somebody asked.
    pub(crate) fn take(&self) -> Vec<Exchange> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }

    async fn serve(&self, mut client: TcpStream) {
        let (Some(request), Some(behind)) = (read_request(&mut client).await, self.behind.get())
        else {
            return;
        };
        let request = without_connection(&request);
        let answer = pass_on(&request, behind).await;
        let exchange = Exchange { request, answer: answer.clone() };
        self.seen.lock().unwrap().push(exchange);
        let _ = client.write_all(&answer).await;
    }
}

/// Without the sender's wishes for its connection, which ends here.
fn without_connection(request: &[u8]) -> Vec<u8> {
    let end = end_of_head(request);
    let head = String::from_utf8_lossy(&request[..end]).into_owned();
    let kept: Vec<&str> =
        head.split("\r\n").filter(|it| !it.to_lowercase().starts_with("connection:")).collect();
    [kept.join("\r\n").as_bytes(), &request[end..]].concat()
}

fn end_of_head(message: &[u8]) -> usize {
    message.windows(4).position(|it| it == b"\r\n\r\n").unwrap_or(message.len())
}

fn header(message: &[u8], name: &str) -> Option<String> {
    let head = String::from_utf8_lossy(&message[..end_of_head(message)]).into_owned();
    let values = head.split("\r\n").skip(1).filter_map(|it| it.split_once(':'));
    let mut values = values.filter(|(it, _)| it.eq_ignore_ascii_case(name));
    values.next().map(|(_, value)| value.trim().to_owned())
}

impl Exchange {
    /// The method and the path.
    pub(crate) fn line(&self) -> String {
        let head =
            String::from_utf8_lossy(&self.request[..end_of_head(&self.request)]).into_owned();
        let mut words = head.split(' ');
        format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// The answer's status.
    pub(crate) fn status(&self) -> u16 {
        String::from_utf8_lossy(self.answer.get(9..12).unwrap_or_default()).parse().unwrap_or(0)
    }

    /// A header of the request.
    pub(crate) fn sent(&self, name: &str) -> Option<String> {
        header(&self.request, name)
    }

    /// A header of the answer.
    pub(crate) fn got(&self, name: &str) -> Option<String> {
        header(&self.answer, name)
    }

    /// The answer's body, where it is JSON in one piece.
    pub(crate) fn json(&self) -> Value {
        let start = (end_of_head(&self.answer) + 4).min(self.answer.len());
        serde_json::from_slice(&self.answer[start..]).unwrap_or_default()
    }

    /// The request's body, where it is text.
    pub(crate) fn request_body(&self) -> String {
        let start = (end_of_head(&self.request) + 4).min(self.request.len());
        String::from_utf8_lossy(&self.request[start..]).into_owned()
    }

    /// The payment that was sent, of either version.
    pub(crate) fn payment(&self) -> Option<String> {
        self.sent("payment-signature").or_else(|| self.sent("x-payment"))
    }

    /// The receipt that came, of either version.
    pub(crate) fn receipt(&self) -> Option<String> {
        self.got("payment-response").or_else(|| self.got("x-payment-response"))
    }

    /// The same request for another path.
    pub(crate) fn redirected(&self, from: &str, to: &str) -> Vec<u8> {
        let line = self.request.windows(2).position(|it| it == b"\r\n").unwrap();
        let first = String::from_utf8_lossy(&self.request[..line]).replacen(from, to, 1);
        [first.as_bytes(), &self.request[line..]].concat()
    }
}
