import Foundation
import Learner

/// The manifests of a run on Kubernetes.
///
/// `cluster/kubernetes/ppocoder.yaml` holds them as `ppocoder launch kubernetes --dry-run` prints them; a test compares the two.
struct KubernetesManifests {
    var name = "ppocoder"
    var namespace = "ppocoder"
    var image = "ppocoder:latest"
    var rolloutWorkers = 2
    var executors = 2
    var maximumExecutors = 32
    var learnerCores = 8
    var workerCores = 2
    var executorCores = 8
    var storage = "20Gi"
    var port = 6000

    /// All objects, as one YAML stream.
    func yaml(_ settings: RunConfiguration) throws -> String {
        var settings = settings
        settings.run.outputPath = "/run-data"
        // The pod's own address: nothing listens on the loopback interface of the node.
        settings.cluster.endpoint = ""
        settings.cluster.rolloutWorkers = 0
        settings.cluster.executors = 0
        let configuration = try settings.yaml().split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "    \($0)" }.joined(separator: "\n")
        return [
            configMap(configuration), service, learner(run: "/run-data/\(settings.run.name)"), workers,
            executorDeployment,
            disruptionBudget, scaler, policy,
        ].joined(separator: "---\n")
    }

    private func head(_ apiVersion: String, _ kind: String, _ suffix: String) -> String {
        """
        apiVersion: \(apiVersion)
        kind: \(kind)
        metadata:
          name: \(name)-\(suffix)
          namespace: \(namespace)
          labels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: \(suffix)}

        """
    }

    private func configMap(_ configuration: String) -> String {
        head("v1", "ConfigMap", "settings") + "data:\n  run.yaml: |\n" + configuration + "\n"
    }

    /// Headless: a long connection has no use for a balancer.
    private var service: String {
        let names = ["control", "bulk", "announce", "programs", "executors"]
        let ports = names.indices.map { "    - {name: \(names[$0]), port: \(port + $0)}\n" }.joined()
        return head("v1", "Service", "learner") + """
            spec:
              clusterIP: None
              selector: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: learner}
              ports:
            \(ports)
            """
    }

    private var address: String { "\(name)-learner-0.\(name)-learner.\(namespace)" }

    /// One container with keys of `roles`.
    private func pod(
        _ component: String,
        roles: [String],
        command: String,
        cores: Int,
        memory: String,
        grace: Int,
        extra: String = "",
        mounts: String = "",
        volumes: String = ""
    ) -> String {
        // 256 is 0400: secret keys are for their owner only.
        let keyMounts = roles.map { "        - {name: keys-\($0), mountPath: /keys/\($0), readOnly: true}\n" }.joined()
        let keyVolumes = roles.map {
            "      - {name: keys-\($0), secret: {secretName: \(name)-keys-\($0), defaultMode: 256}}\n"
        }.joined()
        return """
              template:
                metadata:
                  labels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: \(component)}
                spec:
                  automountServiceAccountToken: false
                  terminationGracePeriodSeconds: \(grace)
                  containers:
                  - name: \(component)
                    image: \(image)
                    command: ["/bin/sh", "-c"]
                    args:
                    - \(command)
                    env:
                    - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                    resources:
                      requests: {cpu: "\(cores)", memory: \(memory)}
                      limits: {memory: \(memory)}
            \(extra)        volumeMounts:
            \(keyMounts)\(mounts)      volumes:
            \(keyVolumes)\(volumes)
            """
    }

    private func learner(run: String) -> String {
        let flags =
            "--attached --set cluster.endpoint=tcp://eth0:\(port) --set cluster.keys=/keys "
            + "--set cluster.rollout_workers=0 --set cluster.executors=0"
        let command =
            "if [ -e \(run)/config.yaml ]; then exec ppocoder train --resume \(run) \(flags); "
            + "else exec ppocoder train --config /settings/run.yaml \(flags); fi"
        return head("apps/v1", "StatefulSet", "learner") + """
            spec:
              serviceName: \(name)-learner
              replicas: 1
              selector:
                matchLabels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: learner}
              volumeClaimTemplates:
              - metadata: {name: run-data}
                spec:
                  accessModes: [ReadWriteOnce]
                  resources: {requests: {storage: \(storage)}}

            """
            + pod(
                "learner",
                roles: ["learner", "dispatcher"],
                command: command,
                cores: learnerCores,
                memory: "16Gi",
                grace: 30,
                extra: "        ports:\n        - {containerPort: \(port)}\n",
                mounts: "        - {name: run-data, mountPath: /run-data}\n"
                    + "        - {name: settings, mountPath: /settings, readOnly: true}\n",
                volumes: "      - {name: settings, configMap: {name: \(name)-settings}}\n"
            )
    }

    private func deployment(_ component: String, replicas: Int, _ pod: String) -> String {
        head("apps/v1", "Deployment", component) + """
            spec:
              replicas: \(replicas)
              selector:
                matchLabels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: \(component)}

            """ + pod
    }

    private var workers: String {
        let command =
            "exec ppocoder-rollout --detached --connect tcp://\(address):\(port) --keys /keys/rollout --name $POD_NAME"
        return deployment(
            "rollout",
            replicas: rolloutWorkers,
            pod("rollout", roles: ["rollout"], command: command, cores: workerCores, memory: "4Gi", grace: 10)
        )
    }

    /// Executors build walls of their own inside the container, which takes privileges (docs/sandbox.md); their key opens
    /// nothing but the plane of executors.
    private var executorDeployment: String {
        let command =
            "exec ppocoder-sandbox execute --detached --connect tcp://\(address):\(port + 4) --keys /keys/executor "
            + "--slots \(executorCores) --drain 120 --name $POD_NAME"
        return deployment(
            "executor",
            replicas: executors,
            pod(
                "executor",
                roles: ["executor"],
                command: command,
                cores: executorCores,
                memory: "16Gi",
                grace: 150,
                extra: "        securityContext: {privileged: true}\n",
                mounts: "        - {name: scratch, mountPath: /tmp}\n",
                volumes: "      - {name: scratch, emptyDir: {medium: Memory, sizeLimit: 4Gi}}\n"
            )
        )
    }

    private var disruptionBudget: String {
        head("policy/v1", "PodDisruptionBudget", "learner") + """
            spec:
              maxUnavailable: 0
              selector:
                matchLabels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: learner}

            """
    }

    /// By the load of the executors: their cores are busy exactly while programs wait or run.
    private var scaler: String {
        head("autoscaling/v2", "HorizontalPodAutoscaler", "executor") + """
            spec:
              scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: \(name)-executor}
              minReplicas: \(executors)
              maxReplicas: \(max(executors, maximumExecutors))
              metrics:
              - type: Resource
                resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}
              behavior:
                scaleDown: {stabilizationWindowSeconds: 300}

            """
    }

    /// Only the run's own pods reach the learner, and executors reach nothing but its last port and the name service.
    private var policy: String {
        head("networking.k8s.io/v1", "NetworkPolicy", "executor") + """
            spec:
              podSelector:
                matchLabels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: executor}
              policyTypes: [Ingress, Egress]
              ingress: []
              egress:
              - to:
                - podSelector:
                    matchLabels: {app.kubernetes.io/name: ppocoder, app.kubernetes.io/component: learner}
                ports:
                - {protocol: TCP, port: \(port + 4)}
              - ports:
                - {protocol: UDP, port: 53}
                - {protocol: TCP, port: 53}

            """
    }
}
