package io.adapterworks.cluster;

/** Why no executor comes. */
sealed interface ClusterAnswer {
  /** In words, with what would help. */
  String why();

  /** Others hold what is asked for; it will be free again. */
  record Busy(String why) implements ClusterAnswer {}

  /** However long one waits, this cluster has not what is asked for. */
  record Impossible(String why) implements ClusterAnswer {}

  /** The cluster manager does not tell. */
  record Unknown(String why) implements ClusterAnswer {}
}
