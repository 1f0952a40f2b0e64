package io.adapterworks.model;

import io.adapterworks.tensor.HostTensor;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/** A digest that tells base models apart. */
final class Fingerprint {
  private Fingerprint() {}

  /** SHA-256 in hex over the configuration and, sorted by name, every tensor. */
  static String of(ModelConfig config, Collection<HostTensor> weights) {
    MessageDigest digest = sha256();
    update(digest, config.toString());
    List<HostTensor> sorted =
        weights.stream().sorted(Comparator.comparing(HostTensor::name)).toList();
    for (HostTensor tensor : sorted) {
      update(digest, tensor.name());
      update(digest, tensor.dtype() + " " + tensor.shape());
      digest.update(tensor.data());
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void update(MessageDigest digest, String text) {
    digest.update(text.getBytes(StandardCharsets.UTF_8));
    digest.update((byte) 0);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
