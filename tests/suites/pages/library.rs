//! A program that creates an object twice when an answer is lost, and the page that its test writes when it fails.
use k8s_openapi::api::core::v1::ConfigMap;
use kube::{
    Api,
    api::{ObjectMeta, PostParams},
};
use sim::{Environment, Faults, Simulation};
use std::{future::pending, path::PathBuf, thread, time::Duration};

/// Number of objects that the program is to create.
const MAPS: usize = 10;

/// Creates an object a second. The server makes up a name at each attempt.
async fn create(replica: Environment) {
    let maps = Api::<ConfigMap>::default_namespaced(replica.client("default"));
    let metadata = ObjectMeta { generate_name: Some("map-".to_owned()), ..ObjectMeta::default() };
    let map = ConfigMap { metadata, ..ConfigMap::default() };
    for _ in 0..MAPS {
        tokio::time::sleep(Duration::from_secs(1)).await;
        while maps.create(&PostParams::default(), &map).await.is_err() {}
    }
    pending().await
}

fn simulation() -> Simulation {
    let simulation = Simulation::builder().faults(Faults::HOSTILE).program(create);
    let simulation = simulation.workload(|cluster| async move { cluster.sleep(Duration::from_secs(60)).await });
    let simulation = simulation.always("at most ten maps", |view| match view.objects::<ConfigMap>()?.len() {
        ..=MAPS => Ok(()),
        more => Err(format!("there are {more} maps")),
    });
    simulation.build().expect("a whole simulation")
}

/// The page of a test that fails.
pub(crate) fn failed() -> PathBuf {
    let test = thread::Builder::new().name("pages_of_the_library".to_owned()).spawn(|| simulation().test());
    let panic = test.expect("a thread").join().expect_err("the test fails");
    let text = panic.downcast::<String>().expect("a text");
    let page = text.lines().find_map(|line| line.strip_prefix("page: "));
    PathBuf::from(page.unwrap_or_else(|| panic!("no page in {text}")))
}
