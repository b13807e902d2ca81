//! Plans: whole lessons in virtual time, from the clients' first checks to what they decode.
//!
//! | Plan | What it shows |
//! |---|---|
//! | `join` | who gets in, how fast, with which SRTP profile |
//! | `forwarding` | who hears and sees whom, and that each slot is one continuous stream |
//! | `allocations` | the packet path takes no memory once a lesson runs |
//! | `bursts` | what came together leaves together, in lengths that one send can carry |
//! | `layers` | of three layers each gets the one it shows, and switches without a frozen frame |
//! | `codecs` | H.264 beside VP8, and nobody is sent what they cannot decode |
//! | `svc` | layers that share a stream of VP9: the same promises, in pictures that end in a marker |
//! | `demand` | what nobody is shown is not sent, and is there again at once |
//! | `estimates` | what each receiver's link carries is known, with pictures, voices or nothing |
//! | `quality` | what a student sees and hears on a bad line, and that it is hurt no more than it must be |
//! | `recovery` | how soon a picture is whole again when a line is, from an encoder like a browser's |
//! | `voices` | a teacher's voice on a weak line comes at its low rate, and whole when the line is good |
//! | `loss` | NACK and RTX both ways; reordering and duplicates are harmless |
//! | `isolation` | nothing leaves its room, and nothing goes to an address that has not proven itself |
//! | `churn` | hundreds of joins and leaves disturb nobody and leave nothing behind |
//! | `liveness` | silence, death, and a client that moves to another address |
//! | `hostile` | garbage, replays, spoofed addresses, storms |
//! | `workers` | a room over three workers is the same room |
//!
//! To add one: make a [`harness::World`], `join` people, tell them what to send and the SFU what
//! they watch, `run`, and ask each client what it saw. What must hold in *every* lesson (isolation,
//! nothing to unproven addresses, one label per index) is asserted by the harness itself.
//!
//! Invariant: no plan sleeps or reads the clock's passing. A failing plan prints its seed;
//! `HOMEROOM_SEED=<seed>` replays it, and any other number explores.

mod harness;

mod allocations;
mod bursts;
mod churn;
mod codecs;
mod demand;
mod estimates;
mod forwarding;
mod hostile;
mod isolation;
mod join;
mod layers;
mod liveness;
mod loss;
mod quality;
mod recovery;
mod svc;
mod voices;
mod workers;
