//! `homeroom doctor`: could the server run here? One line per check, plain words.
//!
//! Invariant: it changes nothing but an empty probe file, removed at once, and opens no port for
//! longer than the question takes.

use crate::config::Config;
use crate::{Tls, certificate, network};
use std::fmt;
use std::net::{Ipv4Addr, UdpSocket};
use time::OffsetDateTime;

/// One answer.
#[derive(Debug)]
pub struct Finding {
    /// What was looked at.
    pub subject: String,
    /// What is in the way; `None` when all is well.
    pub problem: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.problem {
            None => write!(f, "ok    {}", self.subject),
            Some(problem) => write!(f, "FAIL  {}: {problem}", self.subject),
        }
    }
}

/// Looks at everything `serve` needs.
pub async fn examine(config: &Config) -> Vec<Finding> {
    let mut findings = vec![data_dir(config)];
    if findings[0].problem.is_none() {
        findings.push(database(config).await);
        findings.extend(waiting(config));
    }
    findings.extend(listeners(config));
    findings.extend(media_ports(config));
    findings.push(addresses(config));
    findings.push(tls(config));
    findings
}

fn data_dir(config: &Config) -> Finding {
    let outcome = network::prepare_data_dir(&config.data_dir);
    finding(
        format!("data folder {}", config.data_dir.display()),
        outcome,
    )
}

async fn database(config: &Config) -> Finding {
    let database = config.database();
    match database.examine().await {
        Ok(state) => finding(format!("database {database}: {state}"), Ok(())),
        Err(error) => {
            let outcome = Err(crate::database_error(config, error));
            finding("database".to_owned(), outcome)
        }
    }
}

/// What an earlier run could not bring to the database, the next start does.
fn waiting(config: &Config) -> Option<Finding> {
    let bytes = std::fs::metadata(config.spool()).ok()?.len();
    let subject = format!("{bytes} bytes wait for the database, of a server that runs or ran");
    Some(finding(subject, Ok(())))
}

fn listeners(config: &Config) -> Vec<Finding> {
    [(config.https, "--https"), (config.http, "--http")]
        .into_iter()
        .filter_map(|(address, flag)| Some((address?, flag)))
        .map(|(address, flag)| {
            let outcome = network::listen(Some(address), flag).map(drop);
            finding(format!("TCP {address}"), outcome)
        })
        .collect()
}

fn media_ports(config: &Config) -> Vec<Finding> {
    let ports = crate::udp_ports(config);
    let check = |port| {
        let what = format!("UDP port {port}");
        let outcome = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))
            .map(drop)
            .map_err(|error| network::port_error(&what, "--udp-port", error));
        finding(what, outcome)
    };
    ports.into_iter().map(check).collect()
}

fn addresses(config: &Config) -> Finding {
    let announced = network::announced(&config.announce);
    let list: Vec<String> = announced.iter().map(ToString::to_string).collect();
    let reachable = announced.iter().any(|address| !address.is_loopback());
    let problem = "only this machine can reach it; name an address with --announce";
    Finding {
        subject: format!("media is sent to {}", list.join(", ")),
        problem: (!reachable).then(|| problem.to_owned()),
    }
}

fn tls(config: &Config) -> Finding {
    let names = certificate::names(&network::announced(&config.announce));
    match &config.tls {
        Tls::Files { certificate, .. } => {
            let outcome = certificate::load(&config.tls, &config.data_dir, &names).map(drop);
            finding(format!("certificate {}", certificate.display()), outcome)
        }
        Tls::SelfSigned => {
            let folder = config.data_dir.join("tls");
            let good = certificate::still_good(&folder, &names, OffsetDateTime::now_utc());
            let state = if good {
                "kept"
            } else {
                "will be made at the next start"
            };
            finding(format!("self-signed certificate: {state}"), Ok(()))
        }
    }
}

fn finding(subject: String, outcome: anyhow::Result<()>) -> Finding {
    let problem = outcome.err().map(|error| format!("{error:#}"));
    Finding { subject, problem }
}
