{{/*
What each workload selects its pods by: the upstream charts' labels, so that one chart can follow the other, and so that
service discovery finds the pods of either.
*/}}
{{- define "server.selector" -}}
app.kubernetes.io/component: server
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: prometheus
{{- end -}}

{{- define "alertmanager.selector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: alertmanager
{{- end -}}

{{- define "exporter.selector" -}}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/name: prometheus-node-exporter
{{- end -}}

{{/* What every object has besides. */}}
{{- define "common" -}}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "server.labels" -}}
{{ include "server.selector" . }}
{{ include "common" . }}
{{- end -}}

{{- define "alertmanager.labels" -}}
{{ include "alertmanager.selector" . }}
{{ include "common" . }}
{{- end -}}

{{- define "exporter.labels" -}}
{{ include "exporter.selector" . }}
{{ include "common" . }}
{{- end -}}

{{- define "server.name" -}}
{{ .Release.Name }}-server
{{- end -}}

{{- define "alertmanager.name" -}}
{{ .Release.Name }}-alertmanager
{{- end -}}

{{- define "exporter.name" -}}
{{ index .Values "prometheus-node-exporter" "fullnameOverride" | default (printf "%s-prometheus-node-exporter" .Release.Name) }}
{{- end -}}
