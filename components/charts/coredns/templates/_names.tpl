{{- define "name" -}}
{{ .Values.fullnameOverride | default .Release.Name }}
{{- end -}}

{{/* What the Deployment and the Service select by: the upstream chart's labels, so that one chart can follow the other. */}}
{{- define "selector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: coredns
k8s-app: {{ .Values.k8sAppLabelOverride | default "coredns" }}
{{- end -}}

{{- define "labels" -}}
{{ include "selector" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
kubernetes.io/cluster-service: "true"
kubernetes.io/name: CoreDNS
{{- end -}}

{{/* The port of each prometheus plugin, as a container port: service discovery finds a pod's targets by these. */}}
{{- define "metricsPorts" -}}
{{- range .Values.servers }}
{{- range .plugins }}
{{- if eq .name "prometheus" }}
{{- $port := .parameters | toString | splitList ":" | last }}
- {name: tcp-{{ $port }}, containerPort: {{ $port }}, protocol: TCP}
{{- end }}
{{- end }}
{{- end }}
{{- end -}}
