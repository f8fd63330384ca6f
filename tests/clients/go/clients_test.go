// Package clients holds client-go, unmodified, to the server of the current kubeconfig: the simulated one, or a real
// kube-apiserver. The tests cannot tell, which is their point.
package clients

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	kubescheme "k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"
)

const patience = 30 * time.Second

func connect(t *testing.T, contentType string) *kubernetes.Clientset {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		t.Fatalf("KUBECONFIG names no server: %v", err)
	}
	config.QPS = -1
	config.ContentConfig = rest.ContentConfig{ContentType: contentType}
	return kubernetes.NewForConfigOrDie(config)
}

func namespace(t *testing.T, client *kubernetes.Clientset, name string) string {
	t.Helper()
	object := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if _, err := client.CoreV1().Namespaces().Create(t.Context(), object, metav1.CreateOptions{}); err != nil {
		t.Fatalf("namespace %s: %v", name, err)
	}
	return name
}

// Holders follow the lease itself: who held it, in order.
func holders(t *testing.T, client *kubernetes.Clientset, where string) <-chan string {
	t.Helper()
	watch, err := client.CoordinationV1().Leases(where).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watch.Stop)
	changes := make(chan string, 64)
	go func() {
		last := ""
		for event := range watch.ResultChan() {
			lease, ok := event.Object.(*coordinationv1.Lease)
			if !ok || *lease.Spec.HolderIdentity == last {
				continue
			}
			if last = *lease.Spec.HolderIdentity; last != "" {
				changes <- last
			}
		}
	}()
	return changes
}

func candidate(ctx context.Context, client *kubernetes.Clientset, where, identity string) {
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Name: "leader", Namespace: where},
		Client:     client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: identity},
	}
	leaderelection.RunOrDie(ctx, leaderelection.LeaderElectionConfig{
		Lock:            lock,
		LeaseDuration:   3 * time.Second,
		RenewDeadline:   2 * time.Second,
		RetryPeriod:     200 * time.Millisecond,
		ReleaseOnCancel: true,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(context.Context) {},
			OnStoppedLeading: func() {},
		},
	})
}

// Three candidates; each leader is stopped in turn, and another one follows by the lease alone.
func TestLeadersFollowOneAnother(t *testing.T) {
	for _, contentType := range []string{"application/json", "application/vnd.kubernetes.protobuf"} {
		t.Run(contentType, func(t *testing.T) {
			client := connect(t, contentType)
			where := namespace(t, client, fmt.Sprintf("leadership-%d", len(contentType)))
			changes := holders(t, client, where)
			stops := map[string]context.CancelFunc{}
			for _, identity := range []string{"a", "b", "c"} {
				ctx, stop := context.WithCancel(t.Context())
				stops[identity] = stop
				go candidate(ctx, client, where, identity)
			}
			for len(stops) > 0 {
				leader := next(t, changes)
				stop, known := stops[leader]
				if !known {
					t.Fatalf("%q leads, and should not", leader)
				}
				// Past its first renewals, so that it is stopped between two of them and frees the lease itself, mostly;
				// one that is stopped in the middle leaves it to expire.
				time.Sleep(500 * time.Millisecond)
				stop()
				delete(stops, leader)
			}
			lease, err := client.CoordinationV1().Leases(where).Get(t.Context(), "leader", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if transitions := *lease.Spec.LeaseTransitions; transitions < 2 {
				t.Errorf("%d transitions after three leaders", transitions)
			}
		})
	}
}

// An informer's cache follows what is written, and a recorder's events arrive.
func TestInformersFollow(t *testing.T) {
	client := connect(t, "application/json")
	where := namespace(t, client, "informed")
	factory := informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithNamespace(where))
	informer := factory.Core().V1().ConfigMaps().Informer()
	seen := make(chan string, 16)
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { seen <- "added " + object.(*corev1.ConfigMap).Name },
		UpdateFunc: func(_, object any) { seen <- "updated to " + object.(*corev1.ConfigMap).Data["n"] },
		DeleteFunc: func(any) { seen <- "deleted" },
	})
	if err != nil {
		t.Fatal(err)
	}
	factory.Start(t.Context().Done())
	factory.WaitForCacheSync(t.Context().Done())
	maps := client.CoreV1().ConfigMaps(where)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "one"}, Data: map[string]string{"n": "1"}}
	made, err := maps.Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	expect(t, seen, "added one")
	made.Data["n"] = "2"
	if _, err := maps.Update(t.Context(), made, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	expect(t, seen, "updated to 2")
	if err := maps.Delete(t.Context(), "one", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	expect(t, seen, "deleted")
}

func next(t *testing.T, changes <-chan string) string {
	t.Helper()
	select {
	case holder := <-changes:
		return holder
	case <-time.After(patience):
		t.Fatal("the lease does not change hands")
		return ""
	}
}

func expect(t *testing.T, seen <-chan string, what string) {
	t.Helper()
	select {
	case event := <-seen:
		if event != what {
			t.Fatalf("saw %q, expected %q", event, what)
		}
	case <-time.After(patience):
		t.Fatalf("did not see %q", what)
	}
}

// A recorder aggregates what repeats into one Event with a count.
func TestRepeatedEventsAreCounted(t *testing.T) {
	client := connect(t, "application/json")
	where := namespace(t, client, "recorded")
	maps := client.CoreV1().ConfigMaps(where)
	object := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "subject"}}
	subject, err := maps.Create(t.Context(), object, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events(where)})
	recorder := broadcaster.NewRecorder(kubescheme.Scheme, corev1.EventSource{Component: "clients"})
	for range 3 {
		recorder.Event(subject, corev1.EventTypeWarning, "Repeated", "the same thing again")
	}
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		events, err := client.CoreV1().Events(where).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=Repeated"})
		if err != nil {
			t.Fatal(err)
		}
		if len(events.Items) == 1 && events.Items[0].Count == 3 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("no event with a count of 3")
}
