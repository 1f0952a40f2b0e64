package io.adapterworks.tokenize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatcherTest {
  private static final List<TokenRow> ROWS =
      IntStream.range(0, 10)
          .mapToObj(i -> TokenRow.classified(IntStream.rangeClosed(0, i).toArray(), i))
          .toList();

  @Test
  void sequencesLieEndToEndWithoutPadding() {
    TokenBatch batch =
        TokenBatch.of(
            List.of(
                TokenRow.classified(new int[] {7, 8, 9}, 1),
                TokenRow.classified(new int[] {5}, 0)));
    assertArrayEquals(new int[] {7, 8, 9, 5}, batch.ids());
    assertArrayEquals(new int[] {0, 1, 2, 0}, batch.positions());
    assertArrayEquals(new int[] {0, 3, 4}, batch.starts());
    assertArrayEquals(new int[] {1, 0}, batch.labels());
    assertEquals(LabelScope.SEQUENCE, batch.scope());
    assertEquals(3, batch.maxLength());
  }

  @Test
  void anEpochHoldsEveryRowOnceAndRepeatsFromItsSeed() {
    Batcher batcher = new Batcher(4, 17);
    List<int[]> first = labels(batcher.epoch(ROWS, 0));
    assertEquals(List.of(4, 4, 2), first.stream().map(batch -> batch.length).toList());
    assertArrayEquals(
        IntStream.range(0, 10).toArray(),
        first.stream().flatMapToInt(Arrays::stream).sorted().toArray());
    assertArrayEquals(flat(first), flat(labels(batcher.epoch(ROWS, 0))));
    assertNotEquals(
        Arrays.toString(flat(first)), Arrays.toString(flat(labels(batcher.epoch(ROWS, 1)))));
    assertNotEquals(
        Arrays.toString(flat(first)),
        Arrays.toString(flat(labels(new Batcher(4, 18).epoch(ROWS, 0)))));
  }

  @Test
  void aPartRemembersWhereItLay() {
    TokenBatch part = TokenBatch.of(ROWS).part(2, 4);
    assertArrayEquals(new int[] {0, 1, 2, 0, 1, 2, 3}, part.ids());
    assertArrayEquals(new int[] {0, 3, 7}, part.starts());
    assertArrayEquals(new int[] {2, 3}, part.labels());
    assertEquals(3, part.firstToken());
    assertEquals(2, part.firstSequence());
    TokenBatch twice = part.part(1, 2).twice();
    assertArrayEquals(new int[] {0, 1, 2, 3, 0, 1, 2, 3}, twice.ids());
    assertArrayEquals(new int[] {3, 3}, twice.labels());
    assertEquals(12, twice.firstToken());
    assertEquals(6, twice.firstSequence());
    assertEquals(
        "sequences 1 to 1 of a batch of 2; expected at least one of them",
        assertThrows(AdapterworksException.class, () -> part.part(1, 1)).getMessage());
  }

  @Test
  void rowsWithLabelsOfDifferentKindsAreRefused() {
    List<TokenRow> rows = List.of(ROWS.get(0), TokenRow.unlabelled(new int[] {1}));
    assertEquals(
        "row 1 of a batch has labels for NONE, row 0 for SEQUENCE; expected one kind",
        assertThrows(AdapterworksException.class, () -> TokenBatch.of(rows)).getMessage());
  }

  private static List<int[]> labels(List<TokenBatch> batches) {
    return batches.stream().map(TokenBatch::labels).toList();
  }

  private static int[] flat(List<int[]> batches) {
    return batches.stream().flatMapToInt(Arrays::stream).toArray();
  }
}
