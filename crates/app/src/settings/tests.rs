//! Where settings come from, which of them wins, and what is refused.

use super::args::UphealArgs;
use super::*;

#[test]
fn a_file_gives_way_to_flags_and_fills_in_for_what_they_leave_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "listen = \"127.0.0.1:9000\"\nsandbox = true\nlog = \"debug\"").expect("written");
    let args = SettingsArgs {
        config: Some(file),
        ..SettingsArgs::default()
    };
    let serve = ServeArgs {
        address: AddressArgs {
            listen: Some("127.0.0.1:9001".to_owned()),
            ..AddressArgs::default()
        },
        ..ServeArgs::default()
    };

    let settings = Settings::load(&args, &serve).expect("settings");

    assert_eq!(settings.listen.port(), 9001);
    assert!(settings.sandbox);
    assert_eq!(settings.log, "debug");
    assert_eq!(settings.role, Role::All);
}

#[test]
fn a_setting_that_there_is_not_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.toml");
    std::fs::write(&file, "lissten = \"127.0.0.1:9000\"").expect("written");
    let args = SettingsArgs {
        config: Some(file),
        ..SettingsArgs::default()
    };

    let error = Settings::load(&args, &ServeArgs::default()).expect_err("refused");

    assert!(error.to_string().contains("lissten"), "{error}");
    assert!(error.to_string().contains("settings.toml"), "{error}");
}

#[test]
fn a_bootstrap_key_that_is_too_short_is_refused_by_name_and_not_repeated() {
    let settings = |key: &str| Settings {
        bootstrap_key: Some(SecretString::from(key)),
        ..Settings::load(&SettingsArgs::default(), &ServeArgs::default()).expect("settings")
    };

    assert!(settings("8letters").check_serving().is_ok());
    let error = settings("7letter").check_serving().expect_err("refused").to_string();

    assert!(error.contains("ROSTER_BOOTSTRAP_KEY") && error.contains('8'), "{error}");
    assert!(!error.contains("7letter"), "{error}");
}

#[test]
fn a_password_in_a_database_url_is_masked_wherever_it_stands() {
    let masked = |url: &str| Database::parse(url).expect("a database").masked();

    assert_eq!(masked("postgres://u:secret@db/roster"), "postgres://u:***@db/roster");
    assert_eq!(
        masked("postgres://db/roster?user=u&password=secret"),
        "postgres://db/roster?user=u&password=***"
    );
    assert_eq!(masked("sqlite://data/roster.db"), "sqlite://data/roster.db");
}

#[test]
fn a_database_of_another_kind_is_refused_without_repeating_its_password() {
    let error = Database::parse("mysql://u:secret@db/roster").expect_err("refused");

    assert!(!error.to_string().contains("secret"), "{error}");
    assert!(error.to_string().contains("postgres://"), "{error}");
}

/// The settings of a file with this content, and of flags for Upheal's dialect.
fn with(file: &str, upheal: UphealArgs) -> Result<Settings, SettingsError> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("settings.toml");
    std::fs::write(&path, file).expect("written");
    let args = SettingsArgs {
        config: Some(path),
        ..SettingsArgs::default()
    };
    let serve = ServeArgs {
        upheal,
        ..ServeArgs::default()
    };
    Settings::load(&args, &serve)
}

#[test]
fn what_upheals_dialect_leaves_open_has_defaults_and_comes_from_the_file_and_from_flags() {
    let file = "upheal_room_url = \"https://rooms.example.org/\"\nupheal_requests_per_minute = 7";
    let flags = UphealArgs {
        invite_url: Some("https://app.example.org/join/".to_owned()),
        requests_per_minute: Some(0),
        ..UphealArgs::default()
    };

    let default = with("", UphealArgs::default()).expect("settings").dialects;
    let from_file = with(file, UphealArgs::default()).expect("settings").dialects;
    let from_both = with(file, flags).expect("settings").dialects;

    assert_eq!(
        (default.upheal_invite_url.as_str(), default.upheal_requests_per_minute),
        ("https://app.upheal.io/invite", None)
    );
    assert_eq!(
        (from_file.upheal_room_url.as_str(), from_file.upheal_requests_per_minute),
        ("https://rooms.example.org", Some(7))
    );
    assert_eq!(
        (
            from_both.upheal_invite_url.as_str(),
            from_both.upheal_requests_per_minute
        ),
        ("https://app.example.org/join", Some(0))
    );
}

#[test]
fn what_cannot_be_a_link_or_a_rate_is_refused_by_name_with_what_it_should_be() {
    for (file, expected) in [
        (
            "upheal_invite_url = \"app.example.org\"",
            "upheal_invite_url must be an http or https URL such as https://app.example.org/invite, not \"app.example.org\"",
        ),
        (
            "upheal_room_url = \"https://rooms.example.org/?room=\"",
            "upheal_room_url must be an http or https URL such as https://rooms.example.org, not \
             \"https://rooms.example.org/?room=\"",
        ),
    ] {
        let error = with(file, UphealArgs::default()).expect_err("refused").to_string();
        assert_eq!(error, expected);
    }
    for rate in ["-1", "\"many\"", "4294967296", "1.5"] {
        let file = format!("upheal_requests_per_minute = {rate}");
        let error = with(&file, UphealArgs::default()).expect_err("refused").to_string();
        assert!(
            error.starts_with("upheal_requests_per_minute must be a whole number"),
            "{rate}: {error}"
        );
    }
}
