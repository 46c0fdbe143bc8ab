use crate::support::house::House;

#[test]
fn wrong_usage_exits_with_2_and_says_how_it_is_meant() {
    let house = House::quiet();
    for line in [
        "",
        "nonsense",
        "serve now",
        "parse a b",
        "decode extra",
        "check --folder x",
        "patient",
        "patient import",
        "patient import a b",
        "patient steal p1",
        "user",
        "user add",
        "token",
        "token add",
        "device",
        "device add",
        "migrate now",
        "config",
        "config burn",
        "demo --console-port door",
        "--config",
        "serve --config",
    ] {
        let args: Vec<_> = line.split(' ').filter(|word| !word.is_empty()).collect();
        let told = house.run(&args);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{line:?}: {told:?}");
        assert!(told.err.contains("Usage: ") || told.err.contains("--help"), "{line:?}: {told:?}");
    }
}

#[test]
fn help_and_version_are_to_be_had_anywhere() {
    let house = House::quiet();
    for line in ["--help", "help", "parse --help", "patient import --help", "config check --help", "demo -h"]
    {
        let told = house.run(&line.split(' ').collect::<Vec<_>>());
        assert!(
            told.code == 0 && told.out.contains("Usage: lamplight") && told.err.is_empty(),
            "{line}: {told:?}"
        );
    }
    assert_eq!(house.must(&["--version"]), concat!("lamplight ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = house.must(&["--help"]);
    for command in [
        "demo", "serve", "check", "parse", "decode", "patient", "user", "token", "device", "migrate",
        "config",
    ] {
        assert!(help.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))), "{command}");
    }
}
