//! The clinical files travel inside the binary: a new or removed one must rebuild it.

fn main() {
    for folder in ["alert_rules", "protocols"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
