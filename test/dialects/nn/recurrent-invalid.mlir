// RUN: plimsoll-opt %s -split-input-file -verify-diagnostics

func.func @rank(%x: tensor<4x12xf32>, %w: tensor<12x3xf32>, %s: tensor<4x3xf32>) {
  // expected-error @+1 {{expected [steps, batch, 4 * size], got 'tensor<4x12xf32>'}}
  %0:3 = nn.lstm %x, %w, %s, %s : tensor<4x12xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @gates(%x: tensor<5x4x13xf32>, %w: tensor<12x3xf32>, %s: tensor<4x3xf32>) {
  // expected-error @+1 {{weight 'tensor<12x3xf32>' is not [4 * size, size] for 'tensor<5x4x13xf32>'}}
  %0:3 = nn.lstm %x, %w, %s, %s : tensor<5x4x13xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @weight(%x: tensor<5x4x9xf32>, %w: tensor<3x9xf32>, %s: tensor<4x3xf32>) {
  // expected-error @+1 {{weight 'tensor<3x9xf32>' is not [3 * size, size] for 'tensor<5x4x9xf32>'}}
  %0:3 = nn.gru %x, %w, %s : tensor<5x4x9xf32>, tensor<3x9xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @state(%x: tensor<5x4x3xf32>, %w: tensor<3x3xf32>, %s: tensor<5x3xf32>) {
  // expected-error @+1 {{h0 should be 'tensor<4x3xf32>', got 'tensor<5x3xf32>'}}
  %0 = nn.rnn %x, %w, %s : tensor<5x4x3xf32>, tensor<3x3xf32>, tensor<5x3xf32>
  return
}

// -----

func.func @cell(%x: tensor<5x4x12xf32>, %w: tensor<12x3xf32>, %h: tensor<4x3xf32>, %c: tensor<4x3xf64>) {
  // expected-error @+1 {{c0 should be 'tensor<4x3xf32>', got 'tensor<4x3xf64>'}}
  %0:3 = nn.lstm %x, %w, %h, %c : tensor<5x4x12xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x3xf64>
  return
}

// -----

func.func @bias(%x: tensor<5x4x9xf32>, %w: tensor<9x3xf32>, %h: tensor<4x3xf32>, %b: tensor<9xf32>) {
  // expected-error @+1 {{bias should be 'tensor<3xf32>', got 'tensor<9xf32>'}}
  %0:3 = nn.gru %x, %w, %h bias %b : tensor<5x4x9xf32>, tensor<9x3xf32>, tensor<4x3xf32>, tensor<9xf32>
  return
}

// -----

func.func @given(%g: tensor<5x4x12xf32>, %w: tensor<12x3xf32>, %s: tensor<4x3xf32>, %d: tensor<4x4x3xf32>, %c: tensor<5x4x3xf32>) {
  // expected-error @+1 {{dhidden should be 'tensor<5x4x3xf32>', got 'tensor<4x4x3xf32>'}}
  %0:3 = nn.lstm_grad %d, %g, %c, %w, %s : tensor<4x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @cells(%g: tensor<5x4x12xf32>, %w: tensor<12x3xf32>, %s: tensor<4x3xf32>, %d: tensor<4x4x3xf32>, %c: tensor<5x4x3xf32>) {
  // expected-error @+1 {{dcells should be 'tensor<5x4x3xf32>', got 'tensor<4x4x3xf32>'}}
  %0:3 = nn.lstm_grad %c, %g, %c, %w, %s cells %d : tensor<5x4x3xf32>, tensor<5x4x12xf32>, tensor<5x4x3xf32>, tensor<12x3xf32>, tensor<4x3xf32>, tensor<4x4x3xf32>
  return
}

// -----

func.func @inner(%g: tensor<5x4x9xf32>, %w: tensor<9x3xf32>, %s: tensor<4x3xf32>, %d: tensor<5x4x3xf32>) {
  // expected-error @+1 {{inner should be 'tensor<5x4x3xf32>', got 'tensor<5x4x9xf32>'}}
  %0:3 = nn.gru_grad %d, %g, %g, %d, %w, %s : tensor<5x4x3xf32>, tensor<5x4x9xf32>, tensor<5x4x9xf32>, tensor<5x4x3xf32>, tensor<9x3xf32>, tensor<4x3xf32>
  return
}

// -----

func.func @hidden(%h: tensor<5x4x3xf32>, %w: tensor<3x3xf32>, %d: tensor<5x4x3xf64>) {
  // expected-error @+1 {{dhidden should be 'tensor<5x4x3xf32>', got 'tensor<5x4x3xf64>'}}
  %0:2 = nn.rnn_grad %d, %h, %w : tensor<5x4x3xf64>, tensor<5x4x3xf32>, tensor<3x3xf32>
  return
}
