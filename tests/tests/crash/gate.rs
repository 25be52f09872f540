//! A door in front of a neighbour, which can be held at one moment of one request: the merchant is
//! then killed while its neighbour knows exactly this much.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use crate::relay::{pass_on, read_request};

/// Longest wait for a request to come. Two CPUs may be shared by many.
const PATIENCE: Duration = Duration::from_mins(1);

/// How far a request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// To the door, and no further unless it is let on.
    Asked,
    /// Behind the door: it is answered, and the answer stays here.
    Answered,
    /// Its answer's head is through, and this many bytes of the body.
    Through(usize),
}

/// A door.
pub(crate) struct Gate {
    pub(crate) address: String,
    plans: Arc<Mutex<Vec<Plan>>>,
}

struct Plan {
    method: &'static str,
    /// What the request's target holds.
    text: &'static str,
    moment: Moment,
    reached: oneshot::Sender<()>,
    let_on: oneshot::Receiver<()>,
}

/// One request, to be held.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    let_on: oneshot::Sender<()>,
}

impl Held {
    /// Returns when the request is held.
    pub(crate) async fn reached(&mut self) {
        let reached = tokio::time::timeout(PATIENCE, &mut self.reached).await;
        reached.expect("in time").expect("the request comes");
    }

    /// Lets the request on, whatever became of who asked.
    pub(crate) fn let_on(self) {
        self.let_on.send(()).unwrap();
    }
}

impl Gate {
    /// A door in front of whoever listens there.
    pub(crate) async fn before(behind: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let plans: Arc<Mutex<Vec<Plan>>> = Arc::default();
        let (serving, behind) = (Arc::clone(&plans), behind.to_owned());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (plans, behind) = (Arc::clone(&serving), behind.clone());
                tokio::spawn(async move { serve(stream, &plans, &behind).await });
            }
        });
        Self { address, plans }
    }

    /// Holds the next request of this method whose target has this text.
    pub(crate) fn hold(&self, method: &'static str, text: &'static str, moment: Moment) -> Held {
        let (tell, reached) = oneshot::channel();
        let (let_on, told) = oneshot::channel();
        let plan = Plan { method, text, moment, reached: tell, let_on: told };
        self.plans.lock().unwrap().push(plan);
        Held { reached, let_on }
    }
}

async fn serve(mut client: TcpStream, plans: &Mutex<Vec<Plan>>, behind: &str) {
    let Some(request) = read_request(&mut client).await else { return };
    let head = String::from_utf8_lossy(&request);
    let line = head.lines().next().unwrap_or_default();
    let plan = {
        let mut plans = plans.lock().unwrap();
        let found =
            plans.iter().position(|it| line.starts_with(it.method) && line.contains(it.text));
        found.map(|it| plans.remove(it))
    };
    let Some(plan) = plan else {
        let _ = client.write_all(&pass_on(&request, behind).await).await;
        return;
    };
    let answered = match plan.moment {
        Moment::Asked => None,
        Moment::Answered | Moment::Through(_) => Some(pass_on(&request, behind).await),
    };
    if let (Moment::Through(bytes), Some(answer)) = (plan.moment, &answered) {
        let head = answer.windows(4).position(|it| it == b"\r\n\r\n").unwrap() + 4;
        let _ = client.write_all(&answer[..head + bytes]).await;
    }
    let _ = plan.reached.send(());
    let told = plan.let_on.await;
    if told.is_ok() && answered.is_none() {
        let _ = client.write_all(&pass_on(&request, behind).await).await;
        return;
    }
    // Neither an answer nor the connection's end: whoever asked must not learn anything.
    std::future::pending::<()>().await;
}
