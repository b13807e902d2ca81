//! What a test tells a running proxy, as one line of JSON: `{"down":{"rate_kbps":250}}`.
//!
//! Invariant: a key nobody knows is an error, and a line that is no command changes nothing.

use serde::{Deserialize, Serialize};

use crate::LinkChange;

/// A change at run time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Command {
    /// Whose links: those of the clients that send from this UDP port; without it everybody's,
    /// also of those who are still to come. A page knows its port from its selected candidate.
    pub client_port: Option<u16>,
    /// From clients to the server.
    pub up: LinkChange,
    /// From the server to clients.
    pub down: LinkChange,
    /// Print the statistics at once.
    pub stats: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_or_an_error() {
        let rate_kbps = Some(250.0);
        let down = LinkChange {
            rate_kbps,
            ..LinkChange::default()
        };
        let command = Command {
            client_port: Some(5_000),
            down,
            ..Command::default()
        };
        let line = r#"{"client_port":5000,"down":{"rate_kbps":250}}"#;
        assert_eq!(serde_json::from_str::<Command>(line).ok(), Some(command));
        for line in [r#"{"sideways":{}}"#, r#"{"down":{"rate":1}}"#, "", "[1"] {
            assert!(serde_json::from_str::<Command>(line).is_err(), "{line}");
        }
    }
}
