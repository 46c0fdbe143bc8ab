//! Many rows in few statements. Every statement crosses to SQLite's thread and back, so a batch of hundreds of
//! events must not cost hundreds of statements: rows go in blocks of fixed sizes, each prepared once.

use std::sync::Arc;

use futures_util::future::join;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, Type};

use super::{StoreError, Tx};

/// Largest first; one by one at the end. Few sizes, so that every statement stays prepared, and close enough that three
/// or four of them make any number below the largest.
const BLOCKS: [usize; 14] = [256, 128, 64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];

/// An insert of any number of rows.
pub(super) struct Bulk {
    statements: [Arc<str>; BLOCKS.len()],
    columns: usize,
}

/// The values of statements, in the order of their placeholders.
#[derive(Debug, Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
    /// The words that stand in it, each made once.
    words: Vec<(&'static str, Arc<str>)>,
    fault: Option<sqlx::error::BoxDynError>,
}

impl Values {
    /// The next column's value.
    pub(super) fn add<'q, T: Encode<'q, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(fault) = self.arguments.add(value) {
            self.fault.get_or_insert(fault);
        }
        self
    }

    /// [`Self::add`] for one of a few words that many rows bear: all share it.
    pub(super) fn word(&mut self, word: &'static str) -> &mut Self {
        let known = self.words.iter().find(|(known, _)| std::ptr::eq(*known, word));
        let shared = known.map(|(_, shared)| Arc::clone(shared)).unwrap_or_else(|| {
            let made: Arc<str> = Arc::from(word);
            self.words.push((word, Arc::clone(&made)));
            made
        });
        self.add(shared)
    }

    /// [`Self::add`] for a text that has to be copied.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.add(Arc::<str>::from(text))
    }

    /// All of them, or the first that cannot be stored.
    pub(super) fn arguments(self) -> Result<SqliteArguments, StoreError> {
        match self.fault {
            Some(fault) => Err(StoreError::Refused(sqlx::Error::Encode(fault))),
            None => Ok(self.arguments),
        }
    }
}

impl Bulk {
    /// `head` ends before `values`; `tail` is what follows the rows (`on conflict …`) and may be empty.
    pub(super) fn new(head: &str, columns: usize, tail: &str) -> Self {
        let statements = BLOCKS.map(|rows| {
            // Nameless placeholders: the driver asks for the name of each, which SQLite finds by walking a list of all.
            let row = format!("({})", vec!["?"; columns].join(", "));
            let rows = vec![row; rows];
            Arc::from(format!("{head} values {} {tail}", rows.join(", ")))
        });
        Self { statements, columns }
    }

    /// Inserts `rows` in their order; `put` adds exactly one value a column. A lone row goes [soon](Tx::soon).
    pub(super) async fn insert<T>(
        &self,
        tx: &mut Tx,
        rows: &[T],
        put: impl Fn(&mut Values, &T),
    ) -> Result<(), StoreError> {
        if let ([row], [.., one]) = (rows, &self.statements) {
            tx.soon(one, |values| put(values, row));
            return Ok(());
        }
        let mut blocks = self.blocks(rows).map(|(statement, block)| {
            let mut values = Values::default();
            values.arguments.reserve(block.len() * self.columns, 0);
            block.iter().for_each(|row| put(&mut values, row));
            (statement, values)
        });
        let mut next = blocks.next();
        while let Some((statement, values)) = next {
            let connection = tx.connection().await?;
            let query = sqlx::query_with(AssertSqlSafe(Arc::clone(statement)), values.arguments()?);
            // While SQLite's thread writes one block, the next is made ready.
            let (written, after) = join(query.execute(connection), async { blocks.next() }).await;
            written?;
            next = after;
        }
        Ok(())
    }

    /// `rows` in as few blocks as there are statements for, each with its own.
    fn blocks<'a, T>(&'a self, rows: &'a [T]) -> impl Iterator<Item = (&'a Arc<str>, &'a [T])> {
        let mut rest = rows;
        BLOCKS.into_iter().zip(&self.statements).flat_map(move |(size, statement)| {
            let (whole, after) = rest.split_at(rest.len() / size * size);
            rest = after;
            whole.chunks(size).map(move |block| (statement, block))
        })
    }
}
