//! `kill -9` of the built command line between every two steps of a purchase. Steps inside of the
//! ledger are held open by a trigger that never ends: the process is killed in the middle of its
//! transaction.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use tempfile::tempdir;
use tokio::process::Child;

use crate::command::{command, run};
use crate::scene::{after_demand, honest};
use crate::server::{Act, Server};
use crate::wares::{KEY, challenge, delivery, demand, offer, settlement};

/// Longest wait for a moment to come.
const PATIENCE: Duration = Duration::from_mins(2);

/// How many looks in a row must find the ledger locked before that is more than a passing moment.
const LOOKS: u32 = 40;

/// When it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The server has the unpaid request, and has not answered.
    Asked,
    /// Within the transaction that reserves.
    Reserving,
    /// Signed; within the transaction that stores the payment.
    Storing,
    /// The server has the payment, and has not answered.
    Sent,
    /// The content is coming; within the transaction that says so.
    Concluding,
    /// Half of the content is here.
    Receiving,
}

impl Moment {
    /// The statement of the ledger that never ends.
    fn held(self) -> Option<&'static str> {
        match self {
            Self::Reserving => Some("BEFORE INSERT ON purchases"),
            Self::Storing => Some("AFTER UPDATE ON purchases WHEN NEW.stage = 'signed'"),
            Self::Concluding => Some("AFTER UPDATE ON purchases WHEN NEW.stage = 'settled'"),
            Self::Asked | Self::Sent | Self::Receiving => None,
        }
    }

    fn script(self, url: &str) -> Vec<Act> {
        let Act::Reply(whole) = delivery(&settlement()).into() else { unreachable!() };
        let head = whole.bytes();
        match self {
            Self::Asked => vec![Act::Hang],
            Self::Sent => after_demand(url, [Act::Hang]),
            Self::Receiving => after_demand(url, [Act::Stall(head[..head.len() - 4].to_vec())]),
            Self::Reserving | Self::Storing | Self::Concluding => honest(url, vec![offer()]),
        }
    }
}

fn connection(folder: &Path) -> Connection {
    Connection::open(folder.join("ledger")).unwrap()
}

/// Makes a statement of the ledger run for ever.
fn hold(folder: &Path, statement: &str) {
    let sql = format!(
        "CREATE VIEW forever AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n)
             SELECT i FROM n;
         CREATE TRIGGER held {statement} BEGIN SELECT count(*) FROM forever; END;"
    );
    connection(folder).execute_batch(&sql).unwrap();
}

fn release(folder: &Path) {
    connection(folder).execute_batch("DROP TRIGGER held; DROP VIEW forever;").unwrap();
}

/// Is somebody in the middle of a transaction, and stays there?
async fn is_held(folder: &Path) -> bool {
    let connection = connection(folder);
    connection.busy_timeout(Duration::ZERO).unwrap();
    for _ in 0..LOOKS {
        match connection.execute_batch("BEGIN IMMEDIATE; ROLLBACK;") {
            Ok(()) => return false,
            Err(why) => assert_eq!(why.sqlite_error_code(), Some(ErrorCode::DatabaseBusy)),
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    true
}

fn stages(folder: &Path) -> Vec<String> {
    let connection = connection(folder);
    let mut all = connection.prepare("SELECT stage FROM purchases ORDER BY id").unwrap();
    let all = all.query_map([], |row| row.get(0)).unwrap();
    all.map(Result::unwrap).collect()
}

async fn comes(moment: Moment, server: &Server, folder: &Path) {
    let come = async {
        loop {
            let come = match moment {
                Moment::Asked => server.requests().len() == 1,
                Moment::Sent => server.payments().len() == 1,
                Moment::Receiving => stages(folder) == ["settled"],
                Moment::Reserving | Moment::Storing | Moment::Concluding => is_held(folder).await,
            };
            if come {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, come).await.unwrap_or_else(|_| panic!("{moment:?} never came"));
}

fn start(folder: &Path, url: &str) -> Child {
    let arguments = ["get", url, "--ledger", "ledger", "--budget", "$0.01", "-o", "file"];
    let mut command = command(folder, &arguments, &[("X402_PRIVATE_KEY", KEY)]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// AG07.
#[tokio::test(flavor = "multi_thread")]
async fn whenever_a_payer_is_killed_one_signature_is_all_that_there_ever_is() {
    #[rustfmt::skip]
    let rows = [
        // killed               the ledger   again: exit, then what the ledger says   elsewhere
        (Moment::Asked,         "",          (0,  "settled"),                         5),
        (Moment::Reserving,     "",          (0,  "settled"),                         5),
        (Moment::Storing,       "reserved",  (12, "reserved"),                        5),
        (Moment::Sent,          "signed",    (0,  "settled"),                         5),
        (Moment::Concluding,    "signed",    (0,  "settled"),                         5),
        (Moment::Receiving,     "settled",   (5,  "settled"),                         5),
    ];
    for (moment, left, (exit, then), beyond) in rows {
        let (folder, server) = (tempdir().unwrap(), Server::start().await);
        let (folder, url) = (folder.path(), server.url("/f"));
        // The file and its tables are there before.
        drop(agent::Ledger::open(&folder.join("ledger")).unwrap());
        if let Some(statement) = moment.held() {
            hold(folder, statement);
        }
        server.script(moment.script(&url));
        let mut dying = start(folder, &url);
        comes(moment, &server, folder).await;
        dying.kill().await.unwrap();
        if moment.held().is_some() {
            release(folder);
        }
        assert_eq!(stages(folder).join(" "), left, "{moment:?}");

        server.clear();
        let resumes = matches!(moment, Moment::Sent | Moment::Concluding);
        if resumes {
            // Nothing is asked for first: the stored bytes go out.
            server.script([delivery(&settlement()).into()]);
        } else {
            server.script(honest(&url, vec![offer()]));
        }
        let arguments = ["get", &url, "--ledger", "ledger", "--budget", "$0.01", "-o", "file"];
        let ran = run(folder, &arguments).await;
        assert_eq!(
            (ran.exit, stages(folder).join(" ").as_str()),
            (exit, then),
            "{moment:?}: {}",
            ran.err
        );
        let there = std::fs::read_to_string(folder.join("file")).ok();
        assert_eq!(there.as_deref(), (exit == 0).then_some("the report\n"), "{moment:?}");

        server.clear();
        let other = server.url("/g");
        server.script([demand(&challenge(&other, vec![offer()])).into()]);
        let arguments = ["get", &other, "--ledger", "ledger", "--budget", "$0.01"];
        let ran = run(folder, &arguments).await;
        assert_eq!(ran.exit, beyond, "{moment:?}: {}", ran.err);
        let mut payments = server.payments();
        payments.dedup();
        assert!(payments.len() <= 1, "{moment:?}: {} signatures left", payments.len());
    }
}
