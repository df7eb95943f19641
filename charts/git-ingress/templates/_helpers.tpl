{{/*
Everything is named after the release. Helpers that tell components apart take (dict "root" $ "component" NAME).
*/}}

{{- define "git-ingress.name" -}}
{{ .root.Release.Name }}-{{ .component }}
{{- end }}

{{/*
The labels by which a component's pods are found. They are never to be changed, for a Deployment's selector cannot be; and
pods have no others: a new version of the chart alone is no reason to end their sessions.
*/}}
{{- define "git-ingress.selectorLabels" -}}
app.kubernetes.io/name: git-ingress
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "git-ingress.labels" -}}
{{ include "git-ingress.selectorLabels" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The name and, unless it is of the whole cluster, the namespace of an object that belongs to a component. */}}
{{- define "git-ingress.clusterMetadata" -}}
name: {{ include "git-ingress.name" . }}
labels:
  {{- include "git-ingress.labels" . | nindent 2 }}
{{- end }}

{{- define "git-ingress.metadata" -}}
namespace: {{ .root.Release.Namespace | quote }}
{{ include "git-ingress.clusterMetadata" . }}
{{- end }}

{{/* The subject of bindings. */}}
{{- define "git-ingress.subject" -}}
kind: ServiceAccount
name: {{ include "git-ingress.name" . }}
namespace: {{ .root.Release.Namespace | quote }}
{{- end }}

{{/* What the pods of operator and gateway have in common; as Pod Security "restricted" asks for. */}}
{{- define "git-ingress.pod" -}}
serviceAccountName: {{ include "git-ingress.name" . }}
automountServiceAccountToken: true
# Nobody needs the variables that Services make; and those of ours, GIT_INGRESS_GATEWAY_..., look like options.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels:
        {{- include "git-ingress.selectorLabels" . | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
{{- end }}

{{- define "git-ingress.container" -}}
name: {{ .component }}
image: {{ printf "%s:%s" .root.Values.image.repository .root.Values.image.tag | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
livenessProbe:
  httpGet: {path: /livez, port: http}
  # A restart ends all sessions: slow is not dead.
  timeoutSeconds: 5
readinessProbe:
  httpGet: {path: /readyz, port: http}
  periodSeconds: 2
{{- end }}

{{/* The Secret that holds the host keys: the operator makes it, unless somebody else did. */}}
{{- define "git-ingress.hostKeys" -}}
{{ .Values.gateway.hostKeys.existingSecret | default (printf "%s-host-keys" .Release.Name) }}
{{- end }}
