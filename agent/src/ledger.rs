//! The ledger in an `SQLite` file that only its owner may read. Several processes may use it at once;
//! it decides nothing: judgements come in as functions.

mod rows;
mod spent;

use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{
    Connection, ErrorCode, OptionalExtension, Transaction, TransactionBehavior, params,
};
use wire::UnixTime;

use crate::book::{Book, BookError, Entry, Errand, Judgement, OpenPurchase, PurchaseId, Reserved};
use crate::decisions::budget::{Facts, Micros};
use crate::decisions::draft::Payment;
use crate::decisions::proof::Proof;
use crate::decisions::purchase::{Fate, Stage};

pub use rows::Purchase;

/// How long a process waits for another one's transaction. Each takes milliseconds; a hundred
/// processes in a row still fit.
const BUSY_MAX: Duration = Duration::from_secs(10);

/// The form of the tables. A file of another form is left alone.
const SCHEMA: i64 = 1;

/// The purchases of everyone who uses this file.
#[derive(Debug)]
pub struct Ledger(Mutex<Connection>);

impl Ledger {
    /// Opens the file, and makes it (mode 0600) and its folder (0700) where there is none.
    pub fn open(path: &Path) -> Result<Self, BookError> {
        create_private(path).map_err(BookError::new)?;
        Self::prepare(Connection::open(path).map_err(BookError::new)?).map_err(BookError::new)
    }

    fn prepare(mut connection: Connection) -> rusqlite::Result<Self> {
        connection.busy_timeout(BUSY_MAX)?;
        // Readers and a writer do not wait for each other. Where several processes open a new file
        // at once, one of them sets this for all; the others may fail to, at no harm.
        let _ = connection.pragma_update(None, "journal_mode", "WAL");
        // Each commit is on the disk before it counts: a payment leaves only after that.
        connection.pragma_update(None, "synchronous", "FULL")?;
        let creation = begin(&mut connection)?;
        let schema: i64 = creation.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        match schema {
            0 => {
                creation.execute_batch(include_str!("ledger/schema.sql"))?;
                creation.pragma_update(None, "user_version", SCHEMA)?;
            }
            SCHEMA => {}
            _ => return Err(rusqlite::Error::InvalidQuery),
        }
        creation.commit()?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Every payment whose outcome is not known, the oldest first.
    pub fn in_doubt(&self) -> Result<Vec<Purchase>, BookError> {
        rows::all(&self.connection(), "stage = 'signed'").map_err(BookError::new)
    }

    /// Every purchase, the oldest first.
    pub fn all(&self) -> Result<Vec<Purchase>, BookError> {
        rows::all(&self.connection(), "true").map_err(BookError::new)
    }

    /// Writes down what the chain proves about a payment in doubt; what is not proven stays.
    pub fn prove(&self, id: PurchaseId, proof: Proof, now: UnixTime) -> Result<(), BookError> {
        let (stage, tx) = match proof {
            Proof::Settled(hash) => (Stage::Settled, Some(hash.to_string())),
            Proof::Void => (Stage::Released, None),
            Proof::Open | Proof::Unclear => return Ok(()),
        };
        let sql = "UPDATE purchases SET stage = ?2, tx = ?3, changed_at = ?4
                   WHERE id = ?1 AND stage = 'signed'";
        let row = params![id.0, stage.word(), tx, rows::seconds(now)];
        self.connection().execute(sql, row).map(|_| ()).map_err(BookError::new)
    }

    /// What counts in a payment session.
    pub fn spent_in(&self, session: &str) -> Result<Micros, BookError> {
        spent::in_session(&self.connection(), session).map_err(BookError::new)
    }

    /// The connection. A panic of another thread left no transaction open: dropping one rolls back.
    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reserved(&self, entry: &Entry, judge: Judgement<'_>) -> rusqlite::Result<Reserved> {
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        if let Err(denial) = judge(&spent::facts(&transaction, entry)?) {
            return Ok(Reserved::Denied(denial));
        }
        match rows::insert(&transaction, entry) {
            Ok(id) => transaction.commit().map(|()| Reserved::Yes(id)),
            Err(rusqlite::Error::SqliteFailure(why, _))
                if why.code == ErrorCode::ConstraintViolation =>
            {
                Ok(Reserved::Taken)
            }
            Err(why) => Err(why),
        }
    }

    fn concluded(&self, id: PurchaseId, fate: Fate, now: UnixTime) -> rusqlite::Result<usize> {
        let (stage, condition, tx) = match fate {
            Fate::Hold => return Ok(0),
            Fate::Settle(tx) => ("settled", "stage = 'signed'", tx),
            Fate::Release => ("released", "stage = 'reserved'", None),
            Fate::ReleaseIfSentByNobody => ("released", "stage = 'signed' AND sends <= 1", None),
        };
        let sql = format!(
            "UPDATE purchases SET stage = ?2, tx = ?3, changed_at = ?4 WHERE id = ?1 AND {condition}"
        );
        let tx = tx.map(|it| it.to_string());
        self.connection().execute(&sql, params![id.0, stage, tx, rows::seconds(now)])
    }
}

impl Book for Ledger {
    fn open(&self, errand: &Errand) -> Result<Option<OpenPurchase>, BookError> {
        let connection = self.connection();
        let row = rows::open(&connection, errand).optional().map_err(BookError::new)?;
        row.map(|it| it.into_open().ok_or_else(|| BookError::new("it has a row of another form")))
            .transpose()
    }

    fn facts(&self, entry: &Entry) -> Result<Facts, BookError> {
        let connection = self.connection();
        // Whoever reserved and never signed has sent nothing; should it sign after all, it is told
        // that the reservation is gone.
        rows::drop_stale(&connection, entry.now).map_err(BookError::new)?;
        spent::facts(&connection, entry).map_err(BookError::new)
    }

    fn reserve(&self, entry: &Entry, judge: Judgement<'_>) -> Result<Reserved, BookError> {
        self.reserved(entry, judge).map_err(BookError::new)
    }

    fn signed(&self, id: PurchaseId, payment: &Payment, now: UnixTime) -> Result<bool, BookError> {
        let stored = rows::store(&self.connection(), id, payment, now);
        stored.map(|rows| rows == 1).map_err(BookError::new)
    }

    fn sending_again(&self, id: PurchaseId) -> Result<bool, BookError> {
        let sql = "UPDATE purchases SET sends = sends + 1 WHERE id = ?1 AND stage = 'signed'";
        let counted = self.connection().execute(sql, params![id.0]);
        counted.map(|rows| rows == 1).map_err(BookError::new)
    }

    fn drop_unsigned(&self, id: PurchaseId, now: UnixTime) -> Result<bool, BookError> {
        let dropped = self.concluded(id, Fate::Release, now);
        dropped.map(|rows| rows == 1).map_err(BookError::new)
    }

    fn conclude(&self, id: PurchaseId, fate: Fate, now: UnixTime) -> Result<(), BookError> {
        self.concluded(id, fate, now).map(|_| ()).map_err(BookError::new)
    }
}

/// A transaction that nobody else can write beside.
fn begin(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// Makes an empty file that only its owner may read, and refuses one that others may: payments that
/// have not settled yet can be taken by whoever reads them. `SQLite` gives its side files the same
/// mode.
fn create_private(path: &Path) -> io::Result<()> {
    let (mut folders, mut file) = (DirBuilder::new(), OpenOptions::new());
    folders.recursive(true);
    file.write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        folders.mode(0o700);
        file.mode(0o600);
    }
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        folders.create(folder)?;
    }
    let file = file.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = file.metadata()?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            let path = path.display();
            let why = format!("{path} has mode {mode:04o}: run chmod 600 {path}");
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
        }
    }
    drop(file);
    Ok(())
}
