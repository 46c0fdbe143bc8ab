use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::peers::daemon::{client, until};
use crate::support::house::House;
use crate::support::wire::Wire;

struct Demo {
    house: House,
    child: Child,
    /// What a visitor reads first.
    welcome: String,
    client: Client,
}

impl Demo {
    /// On free ports, with temporary folders inside ours.
    fn start() -> Self {
        let house = House::quiet();
        let args = ["demo", "--console-port", "0", "--phones-port", "0", "--broker-port", "0"];
        let mut child = house
            .command(&args)
            .env("TMPDIR", house.folder())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(house.path("log")).unwrap())
            .spawn()
            .unwrap();
        let mut welcome = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !welcome.contains("Ctrl-C") {
            assert!(lines.read_line(&mut welcome).unwrap() > 0, "the demo ended: {welcome}");
        }
        Self { house, child, welcome, client: client() }
    }

    /// What stands behind a label of the welcome.
    fn told(&self, label: &str) -> &str {
        let line = self.welcome.lines().find_map(|line| line.trim_start().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label} in {}", self.welcome)).trim()
    }

    async fn alerts(&self) -> Vec<Value> {
        let request = self.client.get(self.told("JSON API")).bearer_auth(self.told("bearer token"));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.json::<Value>().await.unwrap()["alerts"].as_array().unwrap().clone()
    }

    /// Signs in as the nurses' page wants it. The session's cookie.
    async fn sign_in(&self, name: &str, password: &str) -> String {
        let console = self.told("Nurses' queue");
        let page = self.client.get(format!("{console}/sign-in")).send().await.unwrap();
        let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let (_, token) = cookie.split_once('=').unwrap();
        let body = format!("form_token={token}&name={name}&password={password}");
        let request = self.client.post(format!("{console}/sign-in")).header("cookie", &cookie).body(body);
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").header("origin", console);
        let answer = without_redirects(request).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "{name}");
        let cookies = answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
        let mut named = cookies.filter_map(|cookie| cookie.split(';').next());
        named.find(|cookie| cookie.starts_with("lamplight_session=")).unwrap().to_owned()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn without_redirects(request: reqwest::RequestBuilder) -> reqwest::Response {
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.execute(request.build().unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_demo_keeps_what_it_prints_and_leaves_nothing_behind() {
    let mut demo = Demo::start();
    assert!(demo.welcome.contains("28 patients"), "{}", demo.welcome);

    // The log-ins open the queue, and the queue fills by itself.
    let nurse: Vec<_> = demo.told("sign in as").split_whitespace().map(str::to_owned).collect();
    let session = demo.sign_in(&nurse[0], &nurse[1]).await;
    until("a red alert", async || demo.alerts().await.iter().any(|alert| alert["severity"] == "red")).await;
    let queue = demo.client.get(demo.told("Nurses' queue")).header("cookie", &session).send().await.unwrap();
    assert_eq!(queue.status(), StatusCode::OK);
    let queue = queue.text().await.unwrap();
    assert!(queue.contains("Blood pressure is high"), "{queue}");

    // The phones are there, and the broker takes what anybody publishes for a device of the ward.
    let phones = demo.client.get(demo.told("Patients' phones")).send().await.unwrap();
    assert_eq!(phones.status(), StatusCode::OK);
    assert!(phones.text().await.unwrap().contains("Agnes Whitlock"));
    let broker = demo.told("MQTT broker").rsplit(':').next().unwrap().parse().unwrap();
    let mut visitor = Wire::device(broker, "visitor").await;
    let payload = br#"{"readings":[{"vital":"systolic","value":199,"unit":"mm[Hg]"},{"vital":"diastolic","value":121,"unit":"mm[Hg]"}]}"#;
    visitor.deliver(demo.told("publish"), 1, payload).await;
    until("the visitor's alert", async || {
        demo.alerts().await.iter().any(|alert| alert["patient_id"] == "p01" && alert["severity"] == "red")
    })
    .await;

    assert!(Command::new("kill").arg(demo.child.id().to_string()).status().unwrap().success());
    until("the end", async || demo.child.try_wait().unwrap().is_some()).await;
    let log = fs::read_to_string(demo.house.path("log")).unwrap();
    assert_eq!(demo.child.wait().unwrap().code(), Some(0), "{log}");
    let mut left: Vec<_> =
        fs::read_dir(demo.house.folder()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["config.toml", "log"]);
    for private in ["Agnes", "Whitlock", "77009001", &nurse[1]] {
        assert!(!log.contains(private), "{log}");
    }
}

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let house = House::quiet();
    let told = house.run(&["demo", "--data", "."]);
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{told:?}");
    assert!(told.err.contains("is not empty"), "{told:?}");
}
