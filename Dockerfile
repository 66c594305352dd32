# The runner image: everything that brings clusters up on clouds, tests them and takes them down. docs/runner-image.md
#
#   BASE             Debian 12, by version and digest
#   DEBIAN_SNAPSHOT  "yes" takes Debian's packages as they were on the day that BASE names; "" takes today's
#   PLUGINS          Pulumi's own provider plugins to put in, by the pins of requirements.txt; "" for none
#   secret registries  shell lines with the settings of a network that reaches package registries by mirrors alone
#
# Machines of this host (cloud: local) need root and systemd-nspawn, and are not what this image is for.
ARG BASE=debian:bookworm-20260824-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171

# --- system packages -------------------------------------------------------------------------------------------------
# hadolint ignore=DL3006
FROM ${BASE} AS system
ARG DEBIAN_SNAPSHOT=yes
ENV LANG=C.UTF-8
# The official image names the snapshot that it was made from in a comment of its sources. A version for each package
# would be right for weeks: Debian's mirrors drop old ones.
# hadolint ignore=DL3008
RUN sources=/etc/apt/sources.list.d/debian.sources; \
    if [ -n "$DEBIAN_SNAPSHOT" ] && [ -f $sources ]; then sed -i -E '/^# http/{s/^# /URIs: /;n;d}' $sources; fi \
 && apt-get -o Acquire::Check-Valid-Until=false update \
 && apt-get install -y --no-install-recommends ca-certificates git iproute2 python3 \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log

# --- what builds: pip and uv, in stages that are not kept ------------------------------------------------------------
FROM system AS build
# hadolint ignore=DL3008
RUN apt-get -o Acquire::Check-Valid-Until=false update \
 && apt-get install -y --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
COPY toolchain/uv.version toolchain/image/with-registries /build/
RUN --mount=type=secret,id=registries \
    python3 -m venv /build/venv \
 && /build/with-registries /build/venv/bin/pip install --quiet --no-cache-dir "uv==$(cat /build/uv.version)"
WORKDIR /build

# --- engine, helm and crane, from the pinned Go modules --------------------------------------------------------------
FROM build AS tools
COPY toolchain/crane /build/toolchain/crane
COPY toolchain/helm /build/toolchain/helm
COPY toolchain/pulumi /build/toolchain/pulumi
COPY crosscloud/__init__.py crosscloud/errors.py crosscloud/golang.py crosscloud/paths.py /build/crosscloud/
COPY crosscloud/engine/__init__.py crosscloud/engine/tools.py /build/crosscloud/engine/
# Kept between builds: what was built, Go itself, and its own caches.
RUN --mount=type=secret,id=registries \
    --mount=type=cache,id=crosscloud-go,target=/root/go \
    --mount=type=cache,id=crosscloud-go-build,target=/root/.cache/go-build \
    --mount=type=cache,id=crosscloud-tools,target=/build/kept \
    CROSSCLOUD_HOME=/build/kept /build/with-registries /build/venv/bin/python -m crosscloud.engine.tools \
 && install -D -t /opt/crosscloud/tools/bin /build/kept/bin/crane /build/kept/bin/helm /build/kept/bin/pulumi

# --- Pulumi's own provider plugins -----------------------------------------------------------------------------------
FROM system AS plugins
ARG PLUGINS="aws azure-native gcp kubernetes"
COPY requirements.txt toolchain/image/with-registries /build/
COPY --from=tools /opt/crosscloud/tools/bin/pulumi /usr/local/bin/pulumi
RUN --mount=type=secret,id=registries \
    mkdir -p /opt/crosscloud/tools/pulumi/plugins \
 && for name in $PLUGINS; do \
      version=$(sed -n "s/^pulumi-$name==//p" /build/requirements.txt) \
   && PULUMI_HOME=/opt/crosscloud/tools/pulumi /build/with-registries pulumi plugin install resource "$name" "v$version" || exit 1; \
    done

# --- the virtual environment -----------------------------------------------------------------------------------------
FROM build AS python
COPY requirements.txt toolchain/image/parts.txt toolchain/image/slim.py /build/
# Without compiled files every command would take seconds longer, since its user can't write them.
RUN --mount=type=secret,id=registries \
    --mount=type=cache,id=crosscloud-uv,target=/root/.cache/uv \
    sed '/^# Tests and checks/,$d' requirements.txt >runtime.txt \
 && venv/bin/uv venv --quiet --python /usr/bin/python3 /opt/crosscloud/.venv \
 && ./with-registries venv/bin/uv pip install --quiet --link-mode copy --python /opt/crosscloud/.venv/bin/python -r runtime.txt \
 && site=$(/opt/crosscloud/.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))') \
 && /opt/crosscloud/.venv/bin/python -B slim.py "$site" parts.txt \
 && echo /opt/crosscloud >"$site/crosscloud.pth" \
 && /opt/crosscloud/.venv/bin/python -m compileall -q -j 0 "$site"

# --- the image -------------------------------------------------------------------------------------------------------
FROM system
# Volumes that are mounted here later get these rights, so that any user may be the container's (docker run --user).
# A checkout of a pipeline's job belongs to the runner's user: git is told that this is as it should be.
RUN useradd --uid 1000 --create-home crosscloud \
 && install -d -m 1777 /home/crosscloud /state /out /config \
 && git config --system --add safe.directory '*'
COPY --from=tools /opt/crosscloud/tools/bin /opt/crosscloud/tools/bin
COPY --from=plugins /opt/crosscloud/tools/pulumi /opt/crosscloud/tools/pulumi
COPY --from=python /opt/crosscloud/.venv /opt/crosscloud/.venv
COPY toolchain/image/crosscloud /usr/local/bin/crosscloud
COPY Pulumi.yaml Pulumi.*.yaml __main__.py LICENSE release.env requirements.txt /opt/crosscloud/
COPY components /opt/crosscloud/components
COPY policy /opt/crosscloud/policy
COPY crosscloud /opt/crosscloud/crosscloud
ENV CROSSCLOUD_CONTAINER=yes \
    CROSSCLOUD_TOOLS=/opt/crosscloud/tools \
    HOME=/home/crosscloud \
    USER=crosscloud \
    PATH=/opt/crosscloud/tools/bin:/opt/crosscloud/.venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PULUMI_SKIP_UPDATE_CHECK=true
RUN python -m compileall -q /opt/crosscloud/components /opt/crosscloud/crosscloud /opt/crosscloud/policy \
 && python -c 'from crosscloud.engine.install import write_launchers; write_launchers()'
WORKDIR /state
USER 1000
ENTRYPOINT ["crosscloud"]
ARG BASE
ARG REVISION=unknown
ARG VERSION=unknown
LABEL org.opencontainers.image.title="crosscloud" \
      org.opencontainers.image.description="Builds, deploys and tests CNCF projects on every cloud" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${BASE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}"
