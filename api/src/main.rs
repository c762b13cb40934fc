//! The program `frivillig`; everything it does is in the library, so that the tests can start it, too.

use std::process::ExitCode;

fn main() -> ExitCode {
    api::run()
}
