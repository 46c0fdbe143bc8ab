//! What is seen of a gateway from outside its code.

use super::House;

impl House {
    /// The first column of what a query finds, as text; `-` for null.
    pub async fn see(&self, sql: &str) -> Vec<String> {
        let sql = format!("with seen(value) as ({sql}) select coalesce(cast(value as text), '-') from seen");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&self.eyes).await.unwrap()
    }

    pub async fn count(&self, of: &str) -> i64 {
        let sql = format!("select count(*) from {of}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&self.eyes).await.unwrap()
    }

    /// `patient rule severity state xCOUNT`, oldest first.
    pub async fn alerts(&self) -> Vec<String> {
        self.see(
            "select patient_id || ' ' || rule_id || ' ' || severity || ' ' || state || ' x' || count
             from alert order by id",
        )
        .await
    }

    /// `kind subject xCOUNT` of those that are open, oldest first.
    pub async fn tasks(&self) -> Vec<String> {
        self.see(
            "select kind || ' ' || subject || ' x' || count from task where resolved_at is null order by id",
        )
        .await
    }

    /// `vital value state`, in the order in which they came.
    pub async fn readings(&self) -> Vec<String> {
        self.see(
            "select vital || ' ' || coalesce(value, beyond) || ' ' || state from reading order by set_id, vital desc, seq",
        )
        .await
    }

    /// The texts that wait to be sent, oldest first.
    pub async fn texts(&self) -> Vec<String> {
        self.see("select body from message where direction = 'out' and state = 'queued' order by id").await
    }

    /// `received accepted duplicate rejected held`, over both edges.
    pub async fn ledger(&self) -> [i64; 5] {
        let all = self.store.intake_ledger().await.unwrap().total();
        [all.received, all.accepted, all.duplicate, all.rejected, all.held]
    }

    /// Every day of the ledger balances and is what the journal holds.
    pub async fn audits(&self) {
        let ledger = self.store.intake_ledger().await.unwrap();
        assert!(ledger.text.is_balanced() && ledger.device.is_balanced(), "{ledger:?}");
        let by_day = |from: &str, columns: &str| {
            format!(
                "select edge || ' ' || day || ': ' || {columns} from {from} group by edge, day order by edge, day"
            )
        };
        let ends = "sum(accepted) || ' ' || sum(rejected) || ' ' || sum(held)";
        let journal = "(select edge, received_at / 86400000 as day, outcome = 'accepted' as accepted,
                        outcome = 'rejected' as rejected, outcome = 'held' as held from inbox)";
        assert_eq!(self.see(&by_day("ledger", ends)).await, self.see(&by_day(journal, ends)).await);
        let copies = self.see("select coalesce(sum(copies), 0) from inbox").await;
        assert_eq!(copies, [ledger.total().duplicate.to_string()]);
    }
}
