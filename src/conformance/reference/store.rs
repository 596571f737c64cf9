//! The database: messages, recipients, the outgoing queue, locks that outlive the process.
//!
//! Every change goes through [`Store::commit`], so a call either happened or did not, wherever the process is killed.

use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use spoolproof_sdk::wire::Folder;

use super::message::{Message, MessageId, Queued, Row, Ticks};
use super::snapshot::Table;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        origin INTEGER NOT NULL,
        folder TEXT NOT NULL,
        flags INTEGER NOT NULL,
        awaits_preprocessing INTEGER NOT NULL,
        preprocess INTEGER NOT NULL,
        submitted_at INTEGER,
        props TEXT NOT NULL
    );
    CREATE INDEX IF NOT EXISTS messages_origin ON messages (origin);
    CREATE TABLE IF NOT EXISTS recipients (
        message INTEGER NOT NULL,
        position INTEGER NOT NULL,
        address TEXT NOT NULL,
        addrtype TEXT NOT NULL,
        kind INTEGER NOT NULL,
        responsibility INTEGER,
        PRIMARY KEY (message, position)
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS queue (
        message INTEGER PRIMARY KEY,
        needs_spooler INTEGER NOT NULL,
        handed_over INTEGER NOT NULL
    );
    CREATE TABLE IF NOT EXISTS locks (message INTEGER PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS filing (message INTEGER PRIMARY KEY);
";

/// The database failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("the reference store failed to {doing}")]
    Failed {
        doing: &'static str,
        #[source]
        source: rusqlite::Error,
    },
    /// The process was to end here.
    #[error("the reference store was killed between two writes")]
    Killed,
}

/// Names what was being done when the database failed.
fn while_doing(doing: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| StoreError::Failed { doing, source }
}

/// The open database.
#[derive(Debug)]
pub(super) struct Store {
    connection: Connection,
    /// How many more writes the process lives to see; it may be killed behind one of them.
    lives: Option<u64>,
}

impl Store {
    /// Opens the database in a file, or one in memory.
    pub(super) fn open(path: Option<&Path>) -> Result<Self, StoreError> {
        let open = || {
            let connection = match path {
                Some(path) => Connection::open(path)?,
                None => Connection::open_in_memory()?,
            };
            // What a killed process wrote is with the operating system; only a power failure could lose the last
            // of it, and no checker cuts the power.
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
            connection.execute_batch(SCHEMA)?;
            connection.set_prepared_statement_cache_capacity(64);
            // Without it SQLite plans a kept statement anew for each id that is bound, which takes longer than to run it.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            Ok(Self { connection, lives: None })
        };
        open().map_err(while_doing("open its database"))
    }

    /// A database without tables, to stand where another was taken away.
    pub(super) fn vacant() -> Result<Self, StoreError> {
        let connection = Connection::open_in_memory().map_err(while_doing("make room"))?;
        Ok(Self { connection, lives: None })
    }

    /// Makes changes in one transaction.
    pub(super) fn commit<T>(
        &mut self,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        if self.lives == Some(0) {
            return Err(StoreError::Killed);
        }
        let run = || {
            let transaction = self.connection.transaction()?;
            let value = change(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        let value = run().map_err(while_doing("commit a change"))?;
        if let Some(left) = &mut self.lives {
            *left -= 1;
            if *left == 0 {
                return Err(StoreError::Killed);
            }
        }
        Ok(value)
    }

    /// Kills the process behind so many more writes; `None`: not at all.
    pub(super) const fn kill_after(&mut self, writes: Option<u64>) {
        self.lives = writes;
    }

    /// Whether it was killed.
    pub(super) fn is_killed(&self) -> bool {
        self.lives == Some(0)
    }

    /// Empties it. Ids go on from where they were, so that an entry id of before names nothing.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.commit(|transaction| {
            transaction.execute_batch(
                "DELETE FROM messages; DELETE FROM recipients; DELETE FROM queue; DELETE FROM locks;
                 DELETE FROM filing; DELETE FROM meta WHERE name IN ('profile', 'restarts');",
            )
        })
    }

    pub(super) fn meta(&self, name: &str) -> Result<Option<String>, StoreError> {
        let read = || {
            let mut statement = self.connection.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
            statement.query_row([name], |row| row.get(0)).optional()
        };
        read().map_err(while_doing("read a setting"))
    }

    pub(super) fn set_meta(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.commit(|transaction| {
            let mut statement = transaction.prepare_cached("INSERT OR REPLACE INTO meta VALUES (?1, ?2)")?;
            statement.execute([name, value]).map(drop)
        })
    }

    /// A time later than any that it gave before, in this process or an earlier one.
    pub(super) fn next_time(&mut self) -> Result<Ticks, StoreError> {
        let last = self.meta("last_time")?.and_then(|text| text.parse().ok()).unwrap_or(i64::MIN);
        let time = Ticks::now().max(Ticks(last.saturating_add(1)));
        self.set_meta("last_time", &time.0.to_string())?;
        Ok(time)
    }

    pub(super) fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        load(&self.connection, "m.id = ?1", Some(id)).map(|found| found.into_iter().next())
    }

    /// A message and its copies, the original first.
    pub(super) fn family(&self, origin: MessageId) -> Result<Vec<Message>, StoreError> {
        load(&self.connection, "m.origin = ?1", Some(origin))
    }

    /// Every message that has a place in the outgoing queue, in ascending submission time.
    pub(super) fn queued(&self) -> Result<Vec<Message>, StoreError> {
        let mut messages = load(&self.connection, "q.message IS NOT NULL", None)?;
        messages.sort_by_key(|message| (message.submitted_at, message.id));
        Ok(messages)
    }

    /// Everything that is in the database.
    pub(super) fn tables(&self) -> Result<Vec<Table>, StoreError> {
        let read = || {
            let mut names = self.connection.prepare_cached("SELECT name FROM sqlite_master WHERE type = 'table'")?;
            let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
            let table = |name: String| {
                let mut statement = self.connection.prepare_cached(&format!("SELECT * FROM {name}"))?;
                let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
                let values = |row: &rusqlite::Row<'_>| (0..columns.len()).map(|column| row.get(column)).collect();
                let rows = statement.query_map([], values)?.collect::<rusqlite::Result<_>>()?;
                Ok((name, columns, rows))
            };
            names.into_iter().map(table).collect::<rusqlite::Result<_>>()
        };
        read().map_err(while_doing("read all of it"))
    }

    /// Makes the database what [`Store::tables`] has read.
    pub(super) fn put_back(&mut self, tables: &[Table]) -> Result<(), StoreError> {
        self.commit(|transaction| {
            for (name, columns, rows) in tables {
                transaction.prepare_cached(&format!("DELETE FROM {name}"))?.execute([])?;
                let marks = vec!["?"; columns.len()].join(", ");
                let mut insert = transaction.prepare_cached(&format!("INSERT INTO {name} VALUES ({marks})"))?;
                for row in rows {
                    insert.execute(rusqlite::params_from_iter(row))?;
                }
            }
            Ok(())
        })
    }

    /// How many rows were written since it was opened: none is changed without it.
    pub(super) fn written(&self) -> u64 {
        self.connection.total_changes()
    }

    /// Every message.
    pub(super) fn all(&self) -> Result<Vec<Message>, StoreError> {
        load(&self.connection, "true", None)
    }

    /// The message that was created last.
    pub(super) fn newest(&self) -> Result<Option<MessageId>, StoreError> {
        Ok(self.all()?.last().map(|message| message.id))
    }

    /// The messages whose lock was kept.
    pub(super) fn locks(&self) -> Result<Vec<MessageId>, StoreError> {
        self.messages_in("SELECT message FROM locks ORDER BY message").map_err(while_doing("read the locks"))
    }

    /// The messages that were sent and have still to be filed away.
    pub(super) fn filing(&self) -> Result<Vec<MessageId>, StoreError> {
        self.messages_in("SELECT message FROM filing ORDER BY message").map_err(while_doing("read what was sent"))
    }

    fn messages_in(&self, sql: &str) -> rusqlite::Result<Vec<MessageId>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        statement.query_map([], |row| row.get(0).map(MessageId))?.collect()
    }
}

/// Inserts a message and gives it its id.
pub(super) fn insert(transaction: &Transaction<'_>, message: &mut Message) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO messages (origin, folder, flags, awaits_preprocessing, preprocess, props)
             VALUES (0, '', 0, 0, 0, '')",
        )?
        .execute([])?;
    message.id = MessageId(transaction.last_insert_rowid());
    if message.origin == MessageId(0) {
        message.origin = message.id;
    }
    save(transaction, message)
}

/// Writes a message, its recipients and its place in the queue; a message that is gone stays gone.
pub(super) fn save(transaction: &Transaction<'_>, message: &Message) -> rusqlite::Result<()> {
    let id = message.id.0;
    let props =
        serde_json::to_string(&message.props).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    let written = transaction
        .prepare_cached(
            "UPDATE messages SET origin = ?2, folder = ?3, flags = ?4, awaits_preprocessing = ?5, preprocess = ?6,
             submitted_at = ?7, props = ?8 WHERE id = ?1",
        )?
        .execute(params![
            id,
            message.origin.0,
            folder_name(message.folder),
            message.flags,
            message.awaits_preprocessing,
            message.preprocess,
            message.submitted_at.map(|time| time.0),
            props,
        ])?;
    if written == 0 {
        return Ok(());
    }
    transaction.prepare_cached("DELETE FROM recipients WHERE message = ?1")?.execute([id])?;
    let mut insert = transaction.prepare_cached("INSERT INTO recipients VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (row, position) in message.recipients.iter().zip(0_i64..) {
        insert.execute(params![id, position, row.address, row.addrtype, row.kind, row.responsibility])?;
    }
    match message.queued {
        Some(Queued { needs_spooler, handed_over }) => transaction
            .prepare_cached("INSERT OR REPLACE INTO queue VALUES (?1, ?2, ?3)")?
            .execute(params![id, needs_spooler, handed_over])?,
        None => transaction.prepare_cached("DELETE FROM queue WHERE message = ?1")?.execute([id])?,
    };
    Ok(())
}

/// Writes down that a sent message has still to be filed away, or no longer.
pub(super) fn keep_filing(transaction: &Transaction<'_>, id: MessageId, pending: bool) -> rusqlite::Result<()> {
    let sql =
        if pending { "INSERT OR REPLACE INTO filing VALUES (?1)" } else { "DELETE FROM filing WHERE message = ?1" };
    transaction.prepare_cached(sql)?.execute([id.0]).map(drop)
}

/// Deletes a message with everything that belongs to it.
pub(super) fn delete(transaction: &Transaction<'_>, id: MessageId) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM messages WHERE id = ?1",
        "DELETE FROM recipients WHERE message = ?1",
        "DELETE FROM queue WHERE message = ?1",
        "DELETE FROM locks WHERE message = ?1",
    ] {
        transaction.prepare_cached(sql)?.execute([id.0])?;
    }
    Ok(())
}

/// Writes down that a lock is held, or no longer.
pub(super) fn keep_lock(transaction: &Transaction<'_>, id: MessageId, held: bool) -> rusqlite::Result<()> {
    let sql = if held { "INSERT OR REPLACE INTO locks VALUES (?1)" } else { "DELETE FROM locks WHERE message = ?1" };
    transaction.prepare_cached(sql)?.execute([id.0]).map(drop)
}

fn load(connection: &Connection, which: &str, id: Option<MessageId>) -> Result<Vec<Message>, StoreError> {
    let read = || {
        let mut messages = connection
            .prepare_cached(&format!(
                "SELECT m.id, m.origin, m.folder, m.flags, m.awaits_preprocessing, m.preprocess, m.submitted_at,
                 m.props, q.needs_spooler, q.handed_over
                 FROM messages m LEFT JOIN queue q ON q.message = m.id WHERE {which} ORDER BY m.id"
            ))?
            .query_map(rusqlite::params_from_iter(id.map(|id| id.0)), read_message)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut recipients = connection.prepare_cached(
            "SELECT address, addrtype, kind, responsibility FROM recipients WHERE message = ?1 ORDER BY position",
        )?;
        for message in &mut messages {
            message.recipients = recipients.query_map([message.id.0], read_row)?.collect::<rusqlite::Result<_>>()?;
        }
        Ok(messages)
    };
    read().map_err(while_doing("read a message"))
}

fn read_message(row: &rusqlite::Row<'_>) -> rusqlite::Result<Message> {
    let props: String = row.get(7)?;
    let props = serde_json::from_str(&props)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(7, rusqlite::types::Type::Text, error.into()))?;
    let needs_spooler: Option<bool> = row.get(8)?;
    let handed_over: Option<bool> = row.get(9)?;
    Ok(Message {
        id: MessageId(row.get(0)?),
        origin: MessageId(row.get(1)?),
        folder: folder(&row.get::<_, String>(2)?),
        flags: row.get(3)?,
        awaits_preprocessing: row.get(4)?,
        preprocess: row.get(5)?,
        submitted_at: row.get::<_, Option<i64>>(6)?.map(Ticks),
        props,
        recipients: Vec::new(),
        queued: needs_spooler
            .zip(handed_over)
            .map(|(needs_spooler, handed_over)| Queued { needs_spooler, handed_over }),
    })
}

fn read_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Row> {
    Ok(Row { address: row.get(0)?, addrtype: row.get(1)?, kind: row.get(2)?, responsibility: row.get(3)? })
}

fn folder_name(folder: Folder) -> &'static str {
    match folder {
        Folder::Outbox => "outbox",
        Folder::Sentmail => "sentmail",
        Folder::Deleted => "deleted",
        Folder::Other | Folder::None => "other",
    }
}

fn folder(name: &str) -> Folder {
    match name {
        "outbox" => Folder::Outbox,
        "sentmail" => Folder::Sentmail,
        "deleted" => Folder::Deleted,
        _ => Folder::Other,
    }
}
