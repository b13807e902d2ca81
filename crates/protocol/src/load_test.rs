//! Between a load test and the server it loads: whether it may, and the seal under its report.
//!
//! Invariant: only who holds the lesson's teacher token hears or gets any of it.

use serde::{Deserialize, Serialize};

/// Longest digest that is sealed: SHA-256 in hexadecimal.
pub const DIGEST_CHARS: usize = 64;

/// `GET /api/lessons/{code}/load-test`: what a load test must know before it begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadTestInfo {
    /// The school lets its server be loaded from elsewhere.
    pub allowed: bool,
    /// The server's release.
    pub server_version: String,
    /// The server's own key (Ed25519), in hexadecimal: reports with its seal come from here.
    pub public_key: String,
}

/// `POST /api/lessons/{code}/load-test`: asks for the seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealReport {
    /// SHA-256 of the report, in lower-case hexadecimal.
    pub digest: String,
}

/// What is under a sealed report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// The sealed text: a [`SealedStatement`] as JSON, exactly as it was signed.
    pub statement: String,
    /// The server's own key (Ed25519), in hexadecimal.
    pub public_key: String,
    /// The signature of the statement, in hexadecimal.
    pub signature: String,
}

/// What a server says with its seal: which report it saw, when, and what it is itself.
///
/// It does not say that the report is true: whoever loads it could write anything. It says that
/// this server was there, in this lesson, at that time, and on which machine it ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedStatement {
    /// Always [`SealedStatement::WHAT`]: a signature for one purpose is none for another.
    pub what: String,
    /// SHA-256 of the report.
    pub digest: String,
    /// The lesson that was held.
    pub lesson: String,
    /// Milliseconds since the Unix epoch (UTC).
    pub sealed_ms: u64,
    /// The server's release.
    pub server_version: String,
    /// The server's processor.
    pub processor: String,
    /// Cores that the server may use.
    pub cores: u32,
    /// Memory of its machine, in MB.
    pub memory_mb: u64,
}

impl SealedStatement {
    /// The purpose of the signature.
    pub const WHAT: &str = "homeroom load report";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change of these words breaks reports that schools keep.
    #[test]
    fn the_words_on_the_wire_stay_as_they_are() {
        let info = r#"{"allowed":false,"server_version":"1","public_key":"00"}"#;
        let seal = r#"{"statement":"{}","public_key":"00","signature":"11"}"#;
        let statement = r#"{"what":"homeroom load report","digest":"ab","lesson":"222-222-222","sealed_ms":1,"server_version":"1","processor":"x","cores":2,"memory_mb":3}"#;
        let back = serde_json::from_str::<LoadTestInfo>(info).map(|i| serde_json::to_string(&i));
        assert_eq!(back.expect("reads").expect("writes"), info);
        let back = serde_json::from_str::<Seal>(seal).map(|s| serde_json::to_string(&s));
        assert_eq!(back.expect("reads").expect("writes"), seal);
        let read: SealedStatement = serde_json::from_str(statement).expect("reads");
        assert_eq!(read.what, SealedStatement::WHAT);
        assert_eq!(serde_json::to_string(&read).expect("writes"), statement);
        assert!(serde_json::from_str::<SealReport>(r#"{"digest":"ab","more":1}"#).is_err());
    }
}
