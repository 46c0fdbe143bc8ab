//! Many rows in few statements. Every statement crosses to SQLite's thread and back, so a batch of hundreds of
//! events must not cost hundreds of statements: rows go in blocks of fixed sizes, each prepared once.

use std::sync::Arc;

use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Sqlite, Type};

use super::{StoreError, Tx};

/// Largest first; one by one at the end. Few sizes, so that every statement stays prepared, and close enough that three
/// or four of them make any number below the largest.
const BLOCKS: [usize; 12] = [64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1];

/// An insert of any number of rows.
pub(super) struct Bulk {
    statements: [Arc<str>; BLOCKS.len()],
    columns: usize,
}

/// The values of statements, in the order of their placeholders.
#[derive(Debug, Default)]
pub(super) struct Values {
    arguments: SqliteArguments,
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
        let mut rest = rows;
        for (size, statement) in BLOCKS.into_iter().zip(&self.statements) {
            while rest.len() >= size {
                let (block, after) = rest.split_at(size);
                rest = after;
                let mut values = Values::default();
                values.arguments.reserve(size * self.columns, 0);
                for row in block {
                    put(&mut values, row);
                }
                sqlx::query_with(AssertSqlSafe(Arc::clone(statement)), values.arguments()?)
                    .execute(tx.connection().await?)
                    .await?;
            }
        }
        Ok(())
    }
}
