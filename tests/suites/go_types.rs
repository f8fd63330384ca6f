//! The table of Go's types is the one that its generator writes: nobody has edited it, and it is of the Kubernetes that
//! the real server is built from.
use std::{fs, path::Path, process::Command};

#[test]
#[cfg_attr(not(go), ignore = "needs Go")]
fn table_is_what_go_prints() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let generator = here.join("tools/control-plane");
    let made = Command::new("go").args(["run", "./cmd/types"]).current_dir(generator).output();
    let made = made.expect("Go is on the PATH");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let table = here.join("../sim/apiserver/src/registry/go_types/kubernetes_1_36.txt");
    let written = fs::read_to_string(table).expect("the table is in the repository");
    let printed = String::from_utf8_lossy(&made.stdout);
    let differs = written.lines().zip(printed.lines()).find(|(written, printed)| written != printed);
    assert_eq!(differs, None, "run: go run ./cmd/types > the table");
    assert_eq!(written.lines().count(), printed.lines().count());
}
