//! Rules for claims, volumes and classes of storage.

use super::{Effect, Rule, default, rule};

const CLAIM: &str = "kubernetes/kubernetes pkg/apis/core/validation/validation.go: ValidatePersistentVolumeClaimUpdate";

const VOLUME: &str =
    "kubernetes/kubernetes pkg/apis/core/validation/validation.go: ValidatePersistentVolumeUpdate";

const CLASS: &str =
    "kubernetes/kubernetes pkg/apis/storage/validation/validation.go: ValidateStorageClassUpdate";

const ATTRIBUTES: &str = "kubernetes/kubernetes pkg/apis/storage/validation/validation.go: ValidateVolumeAttributesClassUpdate";

const DRIVER: &str =
    "kubernetes/kubernetes pkg/apis/storage/validation/validation.go: ValidateCSIDriverUpdate";

pub(super) const RULES: &[Rule] = &[
    rule(
        "claim",
        "PersistentVolumeClaim",
        Effect::Config,
        "it is metadata that the cluster keeps",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims",
    ),
    rule(
        "claim-spec",
        "PersistentVolumeClaim spec",
        Effect::Refused,
        "the spec of a claim is immutable, except for a larger size",
        CLAIM,
    ),
    rule(
        "claim-size",
        "PersistentVolumeClaim spec.resources.requests.storage",
        Effect::RefusedIfSmaller,
        "a claim cannot shrink; it grows if its class allows it",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
    ),
    rule(
        "claim-class",
        "PersistentVolumeClaim spec.storageClassName",
        Effect::RefusedIfBothSet,
        "the class of a claim is immutable",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#retroactive-default-storageclass-assignment",
    ),
    rule(
        "claim-volume",
        "PersistentVolumeClaim spec.volumeName",
        Effect::RefusedOnceSet,
        "a bound claim keeps its volume",
        CLAIM,
    ),
    default(
        "Filesystem",
        rule(
            "claim-mode",
            "PersistentVolumeClaim spec.volumeMode",
            Effect::Refused,
            "the mode of a claim is immutable",
            CLAIM,
        ),
    ),
    rule(
        "claim-attributes",
        "PersistentVolumeClaim spec.volumeAttributesClassName",
        Effect::Config,
        "the driver changes the attributes of the volume in place",
        "https://kubernetes.io/docs/concepts/storage/volume-attributes-classes/",
    ),
    rule(
        "volume",
        "PersistentVolume",
        Effect::Config,
        "it is metadata that the cluster keeps",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/",
    ),
    rule(
        "volume-source",
        "PersistentVolume spec",
        Effect::Refused,
        "the source of a volume is immutable",
        VOLUME,
    ),
    rule(
        "volume-capacity",
        "PersistentVolume spec.capacity",
        Effect::Config,
        "it describes the volume, which stays as it is",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#capacity",
    ),
    rule(
        "volume-access",
        "PersistentVolume spec.accessModes",
        Effect::Config,
        "only new claims are matched by it",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes",
    ),
    default(
        "Retain",
        rule(
            "volume-reclaim",
            "PersistentVolume spec.persistentVolumeReclaimPolicy",
            Effect::DataLossIfDeleted,
            "it decides whether the data is deleted with the claim",
            "https://kubernetes.io/docs/tasks/administer-cluster/change-pv-reclaim-policy/",
        ),
    ),
    rule(
        "volume-class",
        "PersistentVolume spec.storageClassName",
        Effect::Config,
        "only new claims are matched by it",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#class",
    ),
    rule(
        "volume-mount-options",
        "PersistentVolume spec.mountOptions",
        Effect::Config,
        "the next mount uses them",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#mount-options",
    ),
    rule(
        "volume-claim",
        "PersistentVolume spec.claimRef",
        Effect::Depends,
        "it reserves the volume, unless it is bound already",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reserving-a-persistentvolume",
    ),
    rule(
        "volume-affinity",
        "PersistentVolume spec.nodeAffinity",
        Effect::RefusedOnceSet,
        "the node affinity of a volume is immutable once it is set",
        "https://kubernetes.io/docs/concepts/storage/persistent-volumes/#node-affinity",
    ),
    default(
        "Filesystem",
        rule(
            "volume-mode",
            "PersistentVolume spec.volumeMode",
            Effect::Refused,
            "the mode of a volume is immutable",
            VOLUME,
        ),
    ),
    rule(
        "storage-class",
        "storage.k8s.io/StorageClass",
        Effect::Config,
        "only new claims use it",
        "https://kubernetes.io/docs/concepts/storage/storage-classes/",
    ),
    rule(
        "storage-class-provisioner",
        "storage.k8s.io/StorageClass provisioner",
        Effect::Refused,
        "the provisioner of a StorageClass is immutable",
        CLASS,
    ),
    rule(
        "storage-class-parameters",
        "storage.k8s.io/StorageClass parameters",
        Effect::Refused,
        "the parameters of a StorageClass are immutable",
        CLASS,
    ),
    default(
        "Delete",
        rule(
            "storage-class-reclaim",
            "storage.k8s.io/StorageClass reclaimPolicy",
            Effect::Refused,
            "the reclaim policy of a StorageClass is immutable",
            CLASS,
        ),
    ),
    default(
        "Immediate",
        rule(
            "storage-class-binding",
            "storage.k8s.io/StorageClass volumeBindingMode",
            Effect::Refused,
            "the binding mode of a StorageClass is immutable",
            CLASS,
        ),
    ),
    rule(
        "volume-attributes-driver",
        "storage.k8s.io/VolumeAttributesClass driverName",
        Effect::Refused,
        "a VolumeAttributesClass is immutable",
        ATTRIBUTES,
    ),
    rule(
        "volume-attributes-parameters",
        "storage.k8s.io/VolumeAttributesClass parameters",
        Effect::Refused,
        "a VolumeAttributesClass is immutable",
        ATTRIBUTES,
    ),
    rule(
        "csi-driver",
        "storage.k8s.io/CSIDriver",
        Effect::Config,
        "only new mounts use it",
        "https://kubernetes.io/docs/reference/kubernetes-api/config-and-storage-resources/csi-driver-v1/",
    ),
    default(
        "true",
        rule(
            "csi-driver-attach",
            "storage.k8s.io/CSIDriver spec.attachRequired",
            Effect::Refused,
            "this field of a CSIDriver is immutable",
            DRIVER,
        ),
    ),
    rule(
        "csi-driver-modes",
        "storage.k8s.io/CSIDriver spec.volumeLifecycleModes",
        Effect::Refused,
        "this field of a CSIDriver is immutable",
        DRIVER,
    ),
];
