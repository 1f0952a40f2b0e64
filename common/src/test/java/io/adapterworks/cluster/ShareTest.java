package io.adapterworks.cluster;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.adapterworks.tokenize.TokenBatch;
import io.adapterworks.tokenize.TokenRow;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShareTest {
  private static TokenBatch batch(int... lengths) {
    return TokenBatch.of(
        Arrays.stream(lengths).mapToObj(n -> TokenRow.classified(new int[n], 0)).toList());
  }

  private static List<Integer> sequences(TokenBatch batch, int devices) {
    return Share.cut(batch, devices).stream().map(TokenBatch::sequences).toList();
  }

  @Test
  void partsHaveAboutAsManyTokensEach() {
    assertEquals(List.of(3, 3), sequences(batch(5, 5, 5, 5, 5, 5), 2));
    assertEquals(List.of(1, 4), sequences(batch(20, 5, 5, 5, 5), 2));
    assertEquals(List.of(4, 1), sequences(batch(5, 5, 5, 5, 20), 2));
    assertEquals(List.of(2, 1, 2), sequences(batch(4, 4, 8, 4, 4), 3));
  }

  @Test
  void everyPartHasASequenceAndTogetherTheyAreTheBatch() {
    int[] lengths = IntStream.range(0, 17).map(i -> 1 + i * i % 11).toArray();
    for (int devices = 1; devices <= 20; devices++) {
      List<TokenBatch> parts = Share.cut(batch(lengths), devices);
      assertEquals(Math.min(devices, lengths.length), parts.size());
      int[] found =
          parts.stream()
              .flatMapToInt(
                  part -> IntStream.of(part.starts()).skip(1).map(i -> part.firstToken() + i))
              .toArray();
      assertArrayEquals(Arrays.copyOfRange(batch(lengths).starts(), 1, lengths.length + 1), found);
    }
  }

  @Test
  void theWeightsOfARoundAddUpToOneAlsoWhereABatchHasFewerSequencesThanDevices() {
    List<Share> shares = Share.of(List.of(batch(3, 4, 5, 6), batch(7)), new long[] {1, 2}, 3);
    assertEquals(List.of(2, 1, 1), shares.stream().map(share -> share.parts().size()).toList());
    assertEquals(1, shares.stream().mapToDouble(share -> share.weight(2)).sum(), 1e-12);
    assertEquals(2, shares.get(0).parts().get(1).dropoutSeed());
  }
}
