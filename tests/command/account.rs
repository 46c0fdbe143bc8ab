use std::fs;

use crate::support::house::House;

/// Neither the database nor its journal holds these bytes anywhere.
pub(super) fn keeps_nothing_of(house: &House, secret: &str) {
    let mut files = 0;
    for entry in fs::read_dir(house.folder()).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("lamplight.db") {
            let bytes = fs::read(entry.path()).unwrap();
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds the secret", entry.path().display());
            files += 1;
        }
    }
    assert!(files > 0, "there is a database to look into");
}

#[tokio::test]
async fn a_users_password_is_printed_once_and_kept_as_a_hash() {
    let house = House::quiet();
    let told = house.must(&["user", "add", "rosa", "--full-name", "Rosa Quill", "--role", "admin"]);
    let first = told.lines().last().unwrap();
    assert!(first.len() >= 16, "{told}");
    assert_eq!(house.must(&["user", "list"]), "rosa\tadmin\tactive\tRosa Quill\n");
    let told = house.must(&["user", "reset-password", "rosa"]);
    let second = told.lines().last().unwrap();
    assert_ne!(first, second);
    let told = house.run_fed(&["user", "add", "sam", "--password-stdin"], b"a long and winding word\n");
    assert_eq!(told.code, 0, "{told:?}");
    assert!(!told.out.contains("winding"), "{told:?}");
    house.must(&["user", "disable", "sam"]);
    assert_eq!(house.must(&["user", "list"]), "rosa\tadmin\tactive\tRosa Quill\nsam\tnurse\tdisabled\tsam\n");
    for secret in [first, second, "a long and winding word"] {
        keeps_nothing_of(&house, secret);
    }
    let hashes = house.see("select password_hash from user").await;
    assert!(hashes.iter().all(|hash| hash.starts_with("$argon2id$")), "{hashes:?}");
}

#[tokio::test]
async fn a_tokens_secret_is_printed_once_and_kept_as_a_hash() {
    let house = House::quiet();
    house.must(&["user", "add", "rosa"]);
    let reader = house.must(&["token", "add", "monitor", "--scope", "read"]);
    let writer = house.must(&["token", "add", "triage", "--user", "rosa"]);
    for secret in [reader.trim(), writer.trim()] {
        assert!(secret.starts_with("lamp_") && secret.len() > 30, "{secret}");
        keeps_nothing_of(&house, secret);
    }
    house.must(&["token", "revoke", "monitor"]);
    let list = house.must(&["token", "list"]);
    assert_eq!(list, "monitor\tread\trevoked\t-\ntriage\twrite\tactive\trosa\n");
}

#[test]
fn every_fault_is_one_sentence_and_an_exit_code() {
    let house = House::quiet();
    house.must(&["user", "add", "rosa"]);
    house.must(&["token", "add", "monitor"]);
    for (line, code, said) in [
        ("user add rosa", 1, "there is already a user named 'rosa'"),
        ("user add Rosa/Q", 1, "'Rosa/Q' is not a usable name"),
        ("user disable nobody", 1, "nobody"),
        ("user reset-password nobody", 1, "nobody"),
        ("token add monitor", 1, "monitor"),
        ("token add other --user nobody", 1, "nobody"),
        ("token revoke nothing", 1, "nothing"),
        ("user add sam --password-stdin", 1, "no password on standard input"),
        ("user add sam --role doctor", 2, "invalid value 'doctor'"),
        ("token add x --scope everything", 2, "invalid value 'everything'"),
    ] {
        let told = house.run(&line.split(' ').collect::<Vec<_>>());
        assert_eq!((told.code, told.out.as_str()), (code, ""), "{line}: {told:?}");
        assert!(told.err.contains(said), "{line}: {told:?}");
        assert!(code == 2 || told.err.lines().count() == 1, "{line}: {told:?}");
    }
}
