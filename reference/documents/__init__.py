"""The documents' own equations, each written as its document writes it.

| module | document | what it is |
|---|---|---|
| `two_neurons` | `000_3bef3881ba988d2d.txt` | exercise: two sigmoid neurons, then two per layer |
| `slides` | `001_856bfbabee75bf37.txt` | slides: a neuron, a layer, L layers, a graph |
| `worked_example` | `002_bbaf01ac7e86d9bc.txt` | a 2-2-2 network by hand, in matrices, trained |
| `tape` | `002_bbaf01ac7e86d9bc.txt` | the same example's gradient tape with its node types |
| `lecture` | `003_5e1432ecd98f1466.txt` | lecture: errors delta, memoization, gradient descent |
| `exponential_neuron` | `004_0baf4c8abb5817b8.txt` | one neuron with an exponential activation |

`systems` maps each lesson to the formulas of its document.

They are closed forms, a check that stands apart from the project's own machinery: nothing here uses the
operation table or the sweep. Each formula is the honest algorithm of its document, cancellations included.
Where a document misprints a formula, the right one is written, and the docstring says what was printed.

The equations call only NumPy functions that every reading knows (see `gradproof.reference.readings`), and
hold no literal that a reading could not hold exactly. So they run on float arrays and on certified balls.
"""
