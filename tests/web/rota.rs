//! Rotas over the API: who is on call, what changes it, and calendars in and out.

mod calendar;

use calendar::{calendar, event};
use lamplight::store::token::Scope;
use serde_json::{Value, json};

use super::ward::Ward;

/// Somebody is on call by day only, amina and brendan by turns of a day; 22 November is amina's.
const SITE: &str = r#"
name = "Ward"
time_zone = "Europe/London"
default_team = "north"

[team.north]
name = "North"
staffed = ["always"]
members = { amina = "lead", brendan = "clinician", carol = "clinician" }
standard = { red = "15 min", amber = "4 h" }
chain = { red = [{ notify = ["rota:days"], wait = "10 min" }] }

[rota.days]
name = "Days; all, of them"

[[rota.days.shift]]
name = "Day"
days = "daily"
from = "08:00"
to = "20:00"
people = ["amina", "brendan"]
turn = "1 day"
first = 2026-11-22
"#;

struct House {
    ward: Ward,
    /// Bound to nobody: an administrator's, or another system's.
    token: String,
}

impl House {
    async fn open() -> Self {
        let ward = Ward::open_at(SITE).await;
        for (name, full_name) in [("amina", "Amina Khan"), ("brendan", "Brendan Foy"), ("carol", "Carol Lee")]
        {
            ward.hire(name, full_name).await;
        }
        let token = ward.token("planner", Scope::Write, None).await;
        Self { ward, token }
    }

    async fn get(&self, path: &str) -> Value {
        let reply = self.ward.call(&self.token, "GET", &format!("/api/v1{path}"), "").await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        reply.json()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        self.post_as(&self.token, path, body).await
    }

    async fn post_as(&self, token: &str, path: &str, body: Value) -> (u16, Value) {
        let reply = self.ward.call(token, "POST", &format!("/api/v1{path}"), &body.to_string()).await;
        (reply.status, reply.json())
    }

    /// `from person` of each spell of the days ahead.
    async fn spells(&self, days: u32) -> Vec<String> {
        let rota = self.get(&format!("/rotas/days?days={days}")).await;
        let spells = rota["spells"].as_array().unwrap();
        let one = |spell: &Value| format!("{} {}", text(&spell["from"]), text(&spell["person"]));
        spells.iter().map(one).collect()
    }

    async fn import(&self, calendar: &str) -> (u16, Value) {
        let reply = self.ward.call(&self.token, "POST", "/api/v1/rotas/days/ics", calendar).await;
        (reply.status, reply.json())
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("nobody")
}

#[tokio::test]
async fn rotas_tell_who_is_on_call_now_and_in_the_days_ahead() {
    let house = House::open().await;
    let told = house.get("/rotas?days=2").await;
    assert_eq!(
        told,
        json!({"rotas": [{"id": "days", "name": "Days; all, of them", "on_call": ["amina"], "spells": [
            {"shift": "Day", "from": "2026-11-22T08:00:00Z", "to": "2026-11-22T20:00:00Z", "person": "amina", "planned": "amina"},
            {"shift": "Day", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T20:00:00Z", "person": "brendan", "planned": "brendan"},
        ]}], "changes": []})
    );
}

#[tokio::test]
async fn leave_says_what_it_leaves_open_and_cover_closes_it() {
    let house = House::open().await;
    let away = json!({"person": "brendan", "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"});
    let (status, told) = house.post("/leave", away).await;
    assert_eq!(status, 201, "{told}");
    assert_eq!(
        told["open"],
        json!([{"rota": "days", "shift": "Day", "from": "2026-11-23T08:00:00Z", "to": "2026-11-23T20:00:00Z", "person": null, "planned": "brendan"}])
    );
    let leave = text(&told["changes"][0]["id"]).to_owned();
    let cover = json!({"kind": "cover", "person": "brendan", "stands_in": "carol",
        "from": "2026-11-23T00:00:00Z", "to": "2026-11-23T14:00:00Z"});
    let (status, told) = house.post("/rotas/days/changes", cover).await;
    assert_eq!((status, &told["open"]), (201, &json!([])), "{told}");
    assert_eq!(
        house.spells(2).await,
        ["2026-11-22T08:00:00Z amina", "2026-11-23T08:00:00Z carol", "2026-11-23T14:00:00Z nobody"]
    );
    let (status, _) = house.post(&format!("/rota-changes/{leave}/cancel"), json!({"by": "amina"})).await;
    assert_eq!(status, 200);
    assert_eq!(house.spells(2).await[2], "2026-11-23T14:00:00Z brendan");
    assert_eq!(house.get("/rotas").await["changes"].as_array().unwrap().len(), 1);
    let (status, _) = house.post(&format!("/rota-changes/{leave}/cancel"), json!({})).await;
    assert_eq!(status, 404);
    let audit = house.ward.audit().await;
    assert_eq!(audit[0], format!("amina rota.cancel {leave}"));
    assert!(audit[1].starts_with("token:planner rota.cover "), "{audit:?}");
    assert_eq!(audit[2], format!("token:planner rota.leave {leave}"));
}

#[tokio::test]
async fn a_swap_is_both_or_neither() {
    let house = House::open().await;
    let turn = |who: &str, day: &str| json!({"person": who, "from": format!("{day}T00:00:00Z"), "to": format!("{day}T23:00:00Z")});
    let swap = |one, other| json!({"one": one, "other": other});
    // The second has no shift then.
    let (status, told) = house
        .post("/rotas/days/swap", swap(turn("amina", "2026-11-24"), turn("brendan", "2026-11-26")))
        .await;
    assert_eq!(status, 409, "{told}");
    assert_eq!(told["detail"], "brendan has no shift on Days; all, of them then");
    assert_eq!(house.get("/rotas").await["changes"], json!([]));
    let (status, told) = house
        .post("/rotas/days/swap", swap(turn("amina", "2026-11-24"), turn("brendan", "2026-11-25")))
        .await;
    assert_eq!((status, told["changes"].as_array().unwrap().len()), (201, 2), "{told}");
    assert_eq!(
        house.spells(4).await[2..],
        ["2026-11-24T08:00:00Z brendan".to_owned(), "2026-11-25T08:00:00Z amina".to_owned()]
    );
    let both = house.ward.audit().await.iter().filter(|line| line.contains("rota.swap")).count();
    assert_eq!(both, 2);
}

#[tokio::test]
async fn a_change_that_cannot_be_meant_is_refused_with_a_sentence() {
    let house = House::open().await;
    let window = |mut body: Value, from: &str, to: &str| {
        body["from"] = json!(from);
        body["to"] = json!(to);
        body
    };
    let soon = |body| window(body, "2026-11-23T08:00:00Z", "2026-11-23T20:00:00Z");
    house.post("/leave", soon(json!({"person": "carol"}))).await;
    let over = |who: &str| json!({"kind": "override", "stands_in": who});
    for (path, body, status, told) in [
        ("/rotas/nights/changes", soon(over("amina")), 404, "no such rota"),
        ("/rotas/days/changes", soon(over("zoe")), 409, "nobody may sign in as 'zoe'"),
        ("/rotas/days/changes", soon(over("carol")), 409, "carol is on leave then"),
        (
            "/rotas/days/changes",
            window(over("amina"), "2026-11-23T08:00:00Z", "2026-11-23T08:00:00Z"),
            400,
            "after 'from'",
        ),
        (
            "/rotas/days/changes",
            window(over("amina"), "2026-11-21T08:00:00Z", "2026-11-22T08:00:00Z"),
            400,
            "over already",
        ),
        (
            "/rotas/days/changes",
            window(over("amina"), "2026-11-23T08:00:00Z", "2028-11-23T08:00:00Z"),
            400,
            "longer than a year",
        ),
        (
            "/rotas/days/changes",
            soon(json!({"kind": "cover", "stands_in": "amina"})),
            400,
            "'person' is missing",
        ),
        (
            "/rotas/days/changes",
            soon(json!({"kind": "cover", "person": "amina", "stands_in": "amina"})),
            400,
            "for themselves",
        ),
        (
            "/rotas/days/changes",
            soon(json!({"kind": "cover", "person": "carol", "stands_in": "amina"})),
            409,
            "carol has no shift",
        ),
        ("/rotas/days/changes", soon(json!({"kind": "swap", "stands_in": "amina"})), 400, "cannot be used"),
        ("/rotas/days/changes", soon(json!({"kind": "override", "stands_in": "a b"})), 400, "'stands_in'"),
        (
            "/rotas/days/changes",
            soon(json!({"kind": "override", "stands_in": "amina", "by": "a b"})),
            400,
            "'by' must be",
        ),
        ("/leave", soon(json!({"person": "zoe"})), 409, "'zoe'"),
        ("/leave", json!({"person": "amina"}), 400, "from"),
    ] {
        let (given, problem) = house.post(path, body.clone()).await;
        assert_eq!(given, status, "{path} {body}: {problem}");
        assert!(text(&problem["detail"]).contains(told), "{path} {body}: {problem}");
    }
    let turn = json!({"person": "amina", "from": "2026-11-22T10:00:00Z", "to": "2026-11-22T12:00:00Z"});
    let (status, told) = house.post("/rotas/days/swap", json!({"one": turn, "other": turn})).await;
    assert!(status == 400 && text(&told["detail"]).contains("overlap"), "{told}");
    assert_eq!(house.get("/rotas").await["changes"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn members_change_what_is_theirs_and_leads_what_is_anybodys() {
    let house = House::open().await;
    let mut tokens = Vec::new();
    for name in ["amina", "brendan"] {
        tokens.push(house.ward.token(name, Scope::Write, Some(name)).await);
    }
    let [lead, member] = tokens.as_slice() else { unreachable!() };
    let leave =
        |who: &str| json!({"person": who, "from": "2026-11-23T00:00:00Z", "to": "2026-11-24T00:00:00Z"});
    let over = json!({"kind": "override", "stands_in": "brendan", "from": "2026-11-24T08:00:00Z", "to": "2026-11-24T09:00:00Z"});
    assert_eq!(house.post_as(member, "/leave", leave("amina")).await.0, 403);
    assert_eq!(house.post_as(member, "/rotas/days/changes", over.clone()).await.0, 403);
    let called_off = calendar(&[event("a", "x", "20261123", "STATUS:CANCELLED\r\n")]);
    let reply = house.ward.call(member, "POST", "/api/v1/rotas/days/ics", &called_off).await;
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert_eq!(house.post_as(member, "/leave", leave("brendan")).await.0, 201);
    let (status, told) = house.post_as(lead, "/leave", leave("carol")).await;
    assert_eq!(status, 201);
    let id = text(&told["changes"][0]["id"]);
    assert_eq!(house.post_as(member, &format!("/rota-changes/{id}/cancel"), json!({})).await.0, 403);
    assert_eq!(house.get("/rotas").await["changes"].as_array().unwrap().len(), 2);
    assert_eq!(house.post_as(lead, &format!("/rota-changes/{id}/cancel"), json!({})).await.0, 200);
}

#[tokio::test]
async fn holes_in_the_days_ahead_are_told_with_their_causes() {
    let house = House::open().await;
    house
        .ward
        .execute(
            "insert into contact (id, user_name, channel, address, created_at, verified_at)
             select 'c-' || name, name, 'email', name || '@example.org', 0, unixepoch('2026-11-20') * 1000
             from user where name <> 'brendan'",
        )
        .await;
    let told = house.get("/coverage?days=2&team=North").await;
    assert_eq!(told["covered"], json!(false));
    let holes: Vec<String> = told["holes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hole| {
            format!(
                "{} {} {} {}",
                text(&hole["severity"]),
                text(&hole["from"]),
                text(&hole["to"]),
                text(&hole["causes"][0])
            )
        })
        .collect();
    assert_eq!(
        holes,
        [
            "red 2026-11-22T20:00:00Z 2026-11-23T08:00:00Z nobody is on call on Days; all, of them",
            "red 2026-11-23T08:00:00Z 2026-11-23T20:00:00Z brendan has no channel at all",
            "red 2026-11-23T20:00:00Z 2026-11-24T08:00:00Z nobody is on call on Days; all, of them",
            "amber 2026-11-22T08:00:00Z 2026-11-24T08:00:00Z the team tells nobody of this severity",
        ]
    );
    for (query, told) in
        [("?team=west", "'team' must be"), ("?days=0", "1 to 92"), ("?day=1", "unknown parameter")]
    {
        let reply = house.ward.call(&house.token, "GET", &format!("/api/v1/coverage{query}"), "").await;
        assert!(reply.status == 400 && reply.body.contains(told), "{query}: {}", reply.body);
    }
}
