//! Lines that work when they are pasted into a shell.

use std::borrow::Cow;

use roster_domain::Vendor;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use crate::sandbox::{Access, Opener};

/// A line, and what comes of it.
pub(super) struct Call {
    pub(super) what: &'static str,
    pub(super) command: String,
}

/// The lines that try an API, each of which may be pasted any number of times.
pub(super) fn of(access: &Access) -> Vec<Call> {
    let at = |path: &str| format!("{}{path}", access.base_url);
    match &access.opener {
        Opener::AccessToken { access_token, .. } if access.vendor == Vendor::NablaConnect => {
            let body = json!({"provider_email": "ada.moreau@example.org", "external_provider_id": "ehr-1001"});
            let command = Curl::new(&at("/users"))
                .header("Authorization: Bearer ", access_token)
                .body(&body)
                .0;
            vec![Call {
                what: "Create a provider, or change the one there is:",
                command,
            }]
        }
        Opener::AccessToken { access_token, .. } => vec![Call {
            what: "List the users:",
            command: Curl::new(&at("/users"))
                .header("Authorization: Bearer ", access_token)
                .0,
        }],
        Opener::ApiKey { header, api_key } if access.vendor == Vendor::Upheal => {
            let body = json!({"email": "ada.moreau@example.org"});
            vec![Call {
                what: "See whether there is a user with an e-mail address:",
                command: Curl::new(&at("/users/check"))
                    .header(&format!("{header} "), api_key)
                    .body(&body)
                    .0,
            }]
        }
        Opener::ApiKey { header, api_key } => vec![Call {
            what: "List the users:",
            command: Curl::new(&at("/users")).header(&format!("{header} "), api_key).0,
        }],
        Opener::ServiceAccount {
            email,
            password,
            token_url,
        } => {
            let login = json!({"email": email, "password": password.expose_secret()});
            let token = Curl::new(token_url).body(&login).0;
            let customers = at(&format!("/projects/{}/customers", access.organization));
            // The inner line is what the shell puts in its place, quotes and all.
            let with_token = format!(
                r#"{} -H "Authorization: Bearer $({token} | sed 's/.*"accessToken": *"\([^"]*\)".*/\1/')""#,
                Curl::new(&customers).0
            );
            vec![
                Call {
                    what: "Get an access token, which is valid for an hour:",
                    command: token,
                },
                Call {
                    what: "List the customers, with an access token that is got on the way:",
                    command: with_token,
                },
            ]
        }
    }
}

/// A call by `curl` that is being written down.
struct Curl(String);

impl Curl {
    fn new(url: &str) -> Self {
        Self(format!("curl -sS {}", word(url)))
    }

    fn header(self, begins: &str, secret: &SecretString) -> Self {
        let header = format!("{begins}{}", secret.expose_secret());
        Self(format!("{} -H {}", self.0, word(&header)))
    }

    fn body(self, body: &serde_json::Value) -> Self {
        let body = body.to_string();
        Self(format!(
            "{} -H 'Content-Type: application/json' -d {}",
            self.0,
            word(&body)
        ))
    }
}

/// A text as one word of a shell's line, which the shell leaves as it is.
fn word(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("'{}'", text.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a shell makes of a line that only prints its words, each in brackets.
    fn words(line: &str) -> String {
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("printf '[%s]' {line}")])
            .output()
            .expect("a shell");
        assert!(output.status.success(), "{line}");
        String::from_utf8(output.stdout).expect("text")
    }

    #[test]
    fn a_shell_reads_every_text_as_the_one_word_that_it_is() {
        for text in [
            "http://127.0.0.1:8080/users",
            "http://[::1]:8080/a?b=c&d",
            "it's $HOME `id` \"x\" \\ *",
            "",
        ] {
            assert_eq!(words(&word(text)), format!("[{text}]"));
        }
        assert_eq!(word("http://127.0.0.1:8080/users"), "http://127.0.0.1:8080/users");
    }

    #[test]
    fn the_token_of_a_service_account_is_taken_out_of_the_answer() {
        let access = Access {
            vendor: Vendor::Corti,
            title: "Corti",
            base_url: "http://127.0.0.1:8080/corti".to_owned(),
            organization: "sandbox-corti",
            opener: Opener::ServiceAccount {
                email: "sandbox@corti.example".to_owned(),
                password: SecretString::from("correct-horse-battery"),
                token_url: "http://127.0.0.1:8080/corti/auth/token".to_owned(),
            },
        };

        let line = &of(&access)[1].command;

        // A `curl` that prints its own words, unless it is the inner one, whose answer is known.
        let curl = r#"curl() { case "$*" in *auth/token\ *) echo '{"accessToken":"a.b-c","tokenType":"bearer"}';; *) printf '[%s]' "$@";; esac; }"#;
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("{curl}; {line}")])
            .output()
            .expect("a shell");
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "[-sS][http://127.0.0.1:8080/corti/projects/sandbox-corti/customers][-H][Authorization: Bearer a.b-c]"
        );
    }
}
