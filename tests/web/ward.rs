//! A served ward: a fresh database, a clock that stands still, and rows as intake would have written them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use lamplight::catalog;
use lamplight::clock::Clock;
use lamplight::domain::cost::Pence;
use lamplight::domain::decide::Catalog;
use lamplight::engine::account::{NewUser, Passwords, Secret, add_token, add_user};
use lamplight::engine::activation::CatalogInForce;
use lamplight::engine::delivery::Nudge;
use lamplight::engine::id::IdSource;
use lamplight::engine::queue::Walks;
use lamplight::engine::view::{self, ViewLog};
use lamplight::store::Store;
use lamplight::store::token::Scope;
use lamplight::store::user::Role;
use lamplight::telemetry::Telemetry;
use lamplight::web::{WebState, router, serve};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::client::{Reply, form, send};

pub(super) const NOW: &str = "2026-11-22T08:00:00Z";
pub(super) const PASSWORD: &str = "lantern by the window";

pub(super) struct Ward {
    pub(super) address: SocketAddr,
    pub(super) store: Store,
    pub(super) clock: Clock,
    pub(super) telemetry: Telemetry,
    pub(super) passwords: Passwords,
    views: ViewLog,
    sql: SqlitePool,
    folder: PathBuf,
    _stop: DropGuard,
}

impl Drop for Ward {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn at(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().as_millisecond()
}

impl Ward {
    /// An empty ward.
    pub(super) async fn open() -> Self {
        Self::open_under(catalog::built_in().unwrap()).await
    }

    /// An empty ward of a site with this file.
    pub(super) async fn open_at(site: &str) -> Self {
        let site = catalog::parse_site("site.toml", site).unwrap();
        Self::open_under(catalog::at_site(catalog::built_in().unwrap(), site)).await
    }

    async fn open_under(catalog: Catalog) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("lamplight-web-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("lamplight.db");
        let store = Store::open(&path).await.unwrap();
        let sql = SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path)).await.unwrap();
        let clock = Clock::fixed(NOW.parse().unwrap());
        let telemetry = Telemetry::new();
        let passwords = Passwords::with_cost(64, 1);
        let (views, viewed) = view::channel(store.clone(), telemetry.clone());
        tokio::spawn(viewed.run(CancellationToken::new()));
        let state = WebState {
            store: store.clone(),
            catalog: CatalogInForce::new(catalog),
            outbox: Nudge::default(),
            clock: clock.clone(),
            telemetry: telemetry.clone(),
            ids: Arc::new(IdSource::default()),
            walks: Walks::default(),
            views: views.clone(),
            passwords: passwords.clone(),
            secure_cookies: false,
            expects_broker: true,
            time_zone: TimeZone::get("Europe/London").unwrap(),
            pence_per_segment: Pence::parse("2.3"),
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve(listener, router(state), stop.clone()));
        Self { address, store, clock, telemetry, passwords, views, sql, folder, _stop: stop.drop_guard() }
    }

    pub(super) async fn execute(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.sql).await.unwrap();
    }

    /// Adds a user with [`PASSWORD`].
    pub(super) async fn hire(&self, name: &str, full_name: &str) {
        let password = Secret::new(PASSWORD);
        let user = NewUser { name, full_name, role: Role::Nurse, password: &password };
        add_user(&self.store, &self.passwords, "test", &user, self.clock.now()).await.unwrap();
    }

    pub(super) async fn token(&self, name: &str, scope: Scope, user: Option<&str>) -> String {
        let (ids, now) = (IdSource::default(), self.clock.now());
        let secret = add_token(&self.store, &ids, "test", name, scope, user, now).await.unwrap();
        secret.expose().to_owned()
    }

    pub(super) async fn get(&self, path: &str) -> Reply {
        send(self.address, "GET", path, &[], "").await
    }

    /// An API call with a token.
    pub(super) async fn call(&self, token: &str, method: &str, path: &str, body: &str) -> Reply {
        let bearer = format!("Bearer {token}");
        send(self.address, method, path, &[("authorization", &bearer)], body).await
    }

    /// A page, with the session of this cookie.
    pub(super) async fn look(&self, session: &str, path: &str) -> Reply {
        let cookie = format!("lamplight_session={session}");
        send(self.address, "GET", path, &[("cookie", &cookie)], "").await
    }

    /// A posted form, with the session of this cookie.
    pub(super) async fn post(&self, session: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.post_with(&format!("lamplight_session={session}"), path, fields).await
    }

    pub(super) async fn post_with(&self, cookie: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let headers = [("cookie", cookie), ("content-type", "application/x-www-form-urlencoded")];
        send(self.address, "POST", path, &headers, &form(fields)).await
    }

    /// Tries to sign in as a browser would: the form first, then its answer.
    pub(super) async fn try_sign_in(&self, name: &str, password: &str) -> Reply {
        let page = self.get("/sign-in").await;
        let cookie = format!("lamplight_form={}", page.cookie("lamplight_form").unwrap());
        let fields =
            [("form_token", page.form_token()), ("name", name.into()), ("password", password.into())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        self.post_with(&cookie, "/sign-in", &fields).await
    }

    /// The session of somebody who knows [`PASSWORD`].
    pub(super) async fn sign_in(&self, name: &str) -> String {
        let reply = self.try_sign_in(name, PASSWORD).await;
        assert_eq!(reply.status, 303, "{}", reply.body);
        reply.cookie("lamplight_session").unwrap().to_owned()
    }

    /// `actor action subject`, newest first.
    pub(super) async fn audit(&self) -> Vec<String> {
        self.views.flush().await;
        let entries = self.store.audit_trail(100).await.unwrap();
        entries.iter().map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.subject)).collect()
    }

    /// Three patients; alerts of each severity, one of them taken on, one resolved; tasks, texts, readings.
    pub(super) async fn furnish(&self) {
        for (id, name, team) in [
            ("p1", Some("Ada Lovelace"), Some("north")),
            ("p2", Some("Bob Marley"), Some("south")),
            ("p3", None, None),
        ] {
            sqlx::query(
                "insert into patient (id, name, phone, language, time_zone, team, consent, consent_at, standing,
                                      created_at, updated_at)
                 values ($1, $2, '+44770090012' || substr($1, 2), 'en', 'Europe/London', $3, 'given', 0, 'active', 0, 0)",
            )
            .bind(id)
            .bind(name)
            .bind(team)
            .execute(&self.sql)
            .await
            .unwrap();
        }
        for (id, patient, rule, severity, state, opened, count) in [
            ("e1a0", "p1", "blood_pressure_high", "amber", "open", "2026-11-21T18:00:00Z", 3),
            ("e2a0", "p2", "glucose_high", "advice", "open", "2026-11-20T07:00:00Z", 1),
            ("e3a0", "p2", "oxygen_low", "red", "acknowledged", "2026-11-22T07:30:00Z", 1),
            ("e4a0", "p3", "blood_pressure_high", "red", "open", "2026-11-22T07:00:00Z", 2),
            ("e5a0", "p1", "weight_gain", "red", "resolved", "2026-11-19T07:00:00Z", 1),
        ] {
            sqlx::query(
                "insert into alert (id, patient_id, rule_id, rule_version, severity, state, title, why, proposal,
                                    opened_at, last_at, count)
                 values ($1, $2, $3, 'abc123', $4, $5, 'Title of ' || $3, 'Why of ' || $3, 'Call the patient today.',
                         $6, $7, $8)",
            )
            .bind(id)
            .bind(patient)
            .bind(rule)
            .bind(severity)
            .bind(state)
            .bind(at(opened))
            .bind(at("2026-11-22T07:55:00Z"))
            .bind(count)
            .execute(&self.sql)
            .await
            .unwrap();
        }
        self.execute(
            "update alert set acknowledged_by = 'anna', acknowledged_at = 1795333800000 where id = 'e3a0';
             update alert set worsened_at = 1795334100000 where id = 'e4a0';
             update alert set resolved_by = 'anna', resolved_at = 1795333800000, outcome = '999' where id = 'e5a0';
             insert into alert_evidence values
               ('e4a0', 'e4', 1795330800000, '{\"set_id\":\"e4\",\"unconfirmed\":false}'),
               ('e4a0', 'e6', 1795334100000, '{\"set_id\":\"e6\",\"unconfirmed\":true}');
             insert into device (id, patient_id, registered_at, registered_by, online, battery) values
               ('bp-1', 'p1', 0, 'test', 1, 80), ('bp-2', null, 0, 'test', null, null);
             insert into device (id, patient_id, registered_at, registered_by, revoked_at) values
               ('bp-0', 'p1', 0, 'test', 5);
             insert into enrolment values
               ('p1', 'hypertension', '1970-01-01', null, 'active', null, null, 'given', 0,
                '{\"by\":\"staff\",\"name\":\"sister\"}', null, '{}', 0, 1),
               ('p1', 'weight', '1970-01-01', null, 'ended', 5, 'ended', 'given', 0,
                '{\"by\":\"staff\",\"name\":\"sister\"}', null, '{}', 0, 1);
             insert into threshold values
               ('p1', 'blood_pressure_high', 'red', 0, 180, 'test', 'default'),
               ('p1', 'blood_pressure_high', 'red', 9, 170, 'test', 'kidney');
             insert into task (id, kind, subject, patient_id, detail, urgent, opened_at, last_at, count) values
               ('e7t0', 'unknown_device', 'bp-9', null, 'The device bp-9 is not registered.', 0,
                1795330800000, 1795334100000, 4),
               ('e8t0', 'asked_for_help', 'p2', 'p2', 'The patient texted HELP.', 1, 1795334100000, 1795334100000, 1);
             insert into ledger values (20778, 'text', 10, 6, 2, 1, 1), (20779, 'text', 1, 1, 0, 0, 0),
               (20779, 'device', 1200, 1190, 7, 3, 0);
             insert into message (id, patient_id, direction, channel, address, body, state, created_at) values
               ('e9m0', 'p1', 'out', 'sms', '+447700900121', 'Thank you.', 'queued', 1795334100000),
               ('e9', 'p1', 'in', 'sms', '+447700900121', '184/95', 'received', 1795334000000),
               ('e10', 'p2', 'in', 'sms', '+447700900122', 'hello', 'received', 1795334050000);",
        )
        .await;
        for (set, patient, taken, vital, seq, value, beyond) in [
            ("e4", "p3", "2026-11-22T07:00:00Z", "systolic", 0, Some(184.0), None),
            ("e4", "p3", "2026-11-22T07:00:00Z", "diastolic", 0, Some(95.0), None),
            ("e1", "p1", "2026-11-21T18:00:00Z", "systolic", 0, Some(150.0), None),
            ("e1", "p1", "2026-11-21T18:00:00Z", "systolic", 1, Some(152.0), None),
            ("e2", "p2", "2026-11-20T07:00:00Z", "glucose", 0, None, Some("high")),
            ("e0", "p1", "2026-06-01T07:00:00Z", "weight", 0, Some(78.4), None),
        ] {
            sqlx::query(
                "insert into reading_set (day, patient_id, taken_at, set_id, numbers, received_at, basis, source, device_id,
                                          state)
                 values ($3 / 86400000, $2, $3, $1, json_array(json_array($4, $5, $6, $7)), $3 + 1000, 'device',
                         'device', 'bp-1', 'accepted')",
            )
            .bind(set)
            .bind(patient)
            .bind(at(taken))
            .bind(vital)
            .bind(seq)
            .bind(value)
            .bind(beyond)
            .execute(&self.sql)
            .await
            .unwrap();
        }
    }
}
