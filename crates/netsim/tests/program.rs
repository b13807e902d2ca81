//! The program as a test drives it: arguments and commands in, lines of JSON out.

use serde_json::Value;
use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);

struct Program {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_homeroom-netsim"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("starts");
        let lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> Value {
        let line = self.lines.next().expect("a line").expect("text");
        serde_json::from_str(&line).expect("JSON")
    }

    fn tell(&mut self, line: &str) -> Value {
        let input = self.child.stdin.as_mut().expect("piped");
        writeln!(input, "{line}").expect("is read");
        self.line()
    }
}

fn socket() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    socket
}

#[test]
fn it_passes_on_obeys_and_sums_up() {
    let (client, server) = (socket(), socket());
    let to = server.local_addr().expect("bound").to_string();
    let trace = std::env::temp_dir().join(format!("netsim-{}.toml", std::process::id()));
    std::fs::write(&trace, "[[step]]\nat_s = 0\ndelay_ms = 20\n").expect("writes");
    let file = trace.to_string_lossy();
    let mut program = Program::start(&[
        "proxy",
        "--listen",
        "127.0.0.1:0",
        "--to",
        &to,
        "--up",
        &file,
    ]);
    let listening = program.line();
    let at: SocketAddr = listening["listening"]
        .as_str()
        .expect("text")
        .parse()
        .expect("address");
    let _ = std::fs::remove_file(&trace);

    let mut buffer = [0; 16];
    client.send_to(b"ask", at).expect("sends");
    let (len, upstream) = server.recv_from(&mut buffer).expect("arrives");
    assert_eq!(&buffer[..len], b"ask");
    server.send_to(b"tell", upstream).expect("sends");
    let (len, from) = client.recv_from(&mut buffer).expect("arrives");
    assert_eq!((&buffer[..len], from), (&b"tell"[..], at));

    assert!(program.tell(r#"{"down":{"rate":1}}"#)["error"].is_string());
    let port = client.local_addr().expect("bound").port();
    let cut = format!(r#"{{"client_port":{port},"down":{{"cut":true}}}}"#);
    assert!(program.tell(&cut)["changed_at_s"].is_number());
    server.send_to(b"lost", upstream).expect("sends");
    // The datagram and the command come by different ways; ask until the first is there.
    while program.tell(r#"{"stats":true}"#)["down"]["sent"] != 2 {}

    let terminate = format!("kill -TERM {}", program.child.id());
    let told = Command::new("sh").args(["-c", &terminate]).status();
    assert!(told.expect("runs").success());
    let summary = &program.line()["summary"];
    assert_eq!(summary["up"]["delivered"], 1, "{summary}");
    assert!(summary["own_lateness"]["mean_ms"].is_number(), "{summary}");
    assert_eq!(summary["down"]["delivered"], 1, "{summary}");
    assert_eq!(summary["down"]["lost"], 1, "{summary}");
    assert!(program.child.wait().expect("ends").success());
}

#[test]
fn a_trace_that_is_none_is_told_with_its_file() {
    let output = Command::new(env!("CARGO_BIN_EXE_homeroom-netsim"))
        .args(["proxy", "--listen", "127.0.0.1:0", "--to", "127.0.0.1:9"])
        .args(["--down", "/nowhere.toml"])
        .output()
        .expect("runs");
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("cannot read /nowhere.toml"), "{text}");
}
